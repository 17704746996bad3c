//! The drawing: the data, both fits, the bands of the robust one, and its residuals.

use std::ops::Range;
use std::path::Path;

use extremum::fit::Fit;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Data, SCATTER, SPOILT};
use extremum_gallery::{Area, INK, Outcome, PIXEL, line, save, text};

/// Sizes in pixels: of the plot areas, one above the other, and of what is around them.
const WIDTH: i32 = 620;
const LEFT: i32 = 75;
const RIGHT: i32 = 300;
const TOP: i32 = 50;
const FIT: i32 = 340;
const RESIDUALS: i32 = 130;
const BETWEEN: i32 = 20;
const AXIS: i32 = 66;

/// Safe for colour-blind readers (M. Okabe and K. Ito, 2008).
const ROBUST: RGBColor = RGBColor(0, 90, 178);
const SQUARES: RGBColor = RGBColor(213, 94, 0);
const DATA: RGBColor = RGBColor(110, 110, 110);

/// The range of x, and of y on its logarithmic axis.
const X: Range<f64> = 0.25..6.25;
const Y: Range<f64> = 3.0..250.0;

/// A curve with its bands, point by point: x, y, half the confidence band, half the band for new observations.
type Curve = Vec<[f64; 4]>;

/// Writes the drawing as SVG.
pub fn draw(file: &Path, data: &Data, by_squares: &Fit<'_>, robust: &Fit<'_>) -> Outcome {
    let height = TOP + FIT + BETWEEN + RESIDUALS + AXIS;
    let [squares, best] = [curve(by_squares)?, curve(robust)?];
    save(file, LEFT + WIDTH + RIGHT, height, |root| {
        let part = |y: i32, height: i32| {
            root.clone().shrink((0, y * PIXEL), ((LEFT + WIDTH) * PIXEL, height * PIXEL))
        };
        let title = "NIST's ultrasonic data Chwirut2, five points spoilt on purpose";
        write(root, title, LEFT, TOP / 2, text(17), HPos::Left)?;
        draw_curves(&part(TOP, FIT), data, &squares, &best)?;
        draw_residuals(&part(TOP + FIT + BETWEEN, RESIDUALS + AXIS), data, robust)?;
        draw_legend(root, by_squares, robust)
    })
}

/// The fitted curve with its bands. A new observation scatters in proportion to y.
fn curve(fit: &Fit<'_>) -> Result<Curve, extremum::Error> {
    let x: Vec<f64> =
        (0..=300).map(|k| X.start + (X.end - X.start) * f64::from(k) / 300.0).collect();
    let there = fit.predict(&x)?;
    let (t, s) = (fit.quantile(), fit.residual_standard_deviation);
    Ok((0..x.len())
        .map(|i| {
            let y = there.values[i];
            let new = t * there.standard_errors[i].hypot(s * SCATTER * y);
            [x[i], y, there.confidence[i], new]
        })
        .collect())
}

/// Writes words at a point in pixels, which is in the middle of their height.
fn write(root: &Area<'_>, words: &str, x: i32, y: i32, style: TextStyle<'_>, at: HPos) -> Outcome {
    let style = style.pos(Pos::new(at, VPos::Center));
    root.draw(&Text::new(words.to_owned(), (x * PIXEL, y * PIXEL), style))?;
    Ok(())
}

/// The area within a band.
fn band(curve: &Curve, half: impl Fn(&[f64; 4]) -> f64) -> Vec<(f64, f64)> {
    let upper = curve.iter().map(|p| (p[0], (p[1] + half(p)).min(Y.end)));
    let lower = curve.iter().rev().map(|p| (p[0], (p[1] - half(p)).max(Y.start)));
    upper.chain(lower).collect()
}

fn is_spoilt(i: usize) -> bool {
    SPOILT.iter().any(|(spoilt, _)| *spoilt == i)
}

fn draw_curves(area: &Area<'_>, data: &Data, squares: &Curve, best: &Curve) -> Outcome {
    let mut chart = ChartBuilder::on(area)
        .y_label_area_size(LEFT * PIXEL)
        .build_cartesian_2d(X, Y.log_scale())?;
    chart
        .configure_mesh()
        .x_labels(7)
        .y_labels(6)
        .y_label_formatter(&|y| format!("{y:.0}"))
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    chart.draw_series([Polygon::new(band(best, |p| p[3]), ROBUST.mix(0.10))])?;
    chart.draw_series([Polygon::new(band(best, |p| p[2]), ROBUST.mix(0.35))])?;
    for (curve, color) in [(squares, SQUARES), (best, ROBUST)] {
        chart.draw_series(LineSeries::new(curve.iter().map(|p| (p[0], p[1])), line(color, 2.0)))?;
    }
    for (i, at) in data.x.iter().copied().zip(data.spoilt.iter().copied()).enumerate() {
        if is_spoilt(i) {
            chart.draw_series([Cross::new(at, 5 * PIXEL, line(SQUARES, 2.0))])?;
        } else {
            chart.draw_series([Circle::new(at, 2 * PIXEL, DATA.filled())])?;
        }
    }
    let upward = text(15).transform(FontTransform::Rotate270);
    write(area, "response y", 18, FIT / 2, upward, HPos::Center)
}

/// The residuals of the robust fit in units of their standard deviation; those beyond 6 at 6.
fn draw_residuals(area: &Area<'_>, data: &Data, robust: &Fit<'_>) -> Outcome {
    const MOST: f64 = 6.0;
    let number = |x: &f64| format!("{x:.0}").replace('-', "−");
    let mut chart: ChartContext<'_, _, Cartesian2d<RangedCoordf64, RangedCoordf64>> =
        ChartBuilder::on(area)
            .x_label_area_size(AXIS * PIXEL)
            .y_label_area_size(LEFT * PIXEL)
            .build_cartesian_2d(X, -MOST - 0.8..MOST + 0.8)?;
    chart
        .configure_mesh()
        .x_labels(7)
        .y_labels(5)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    chart.draw_series([PathElement::new([(X.start, 0.0), (X.end, 0.0)], line(INK, 1.0))])?;
    let s = robust.residual_standard_deviation;
    for (i, r) in robust.residuals().iter().enumerate() {
        let at = (data.x[i], (r / (s * data.sigma[i])).clamp(-MOST, MOST));
        if is_spoilt(i) {
            chart.draw_series([Cross::new(at, 5 * PIXEL, line(SQUARES, 2.0))])?;
        } else {
            chart.draw_series([Circle::new(at, 2 * PIXEL, ROBUST.filled())])?;
        }
    }
    let upward = text(15).transform(FontTransform::Rotate270);
    write(area, "residual / s σ", 18, RESIDUALS / 2, upward, HPos::Center)?;
    write(area, "distance x", LEFT + WIDTH / 2, RESIDUALS + 42, text(15), HPos::Center)
}

fn draw_legend(root: &Area<'_>, by_squares: &Fit<'_>, robust: &Fit<'_>) -> Outcome {
    let left = LEFT + WIDTH + 24;
    let mut y = TOP + 12;
    let middle = |y: i32| ((left + 14) * PIXEL, y * PIXEL);
    let ends = |y: i32| [0, 28].map(|x| ((left + x) * PIXEL, y * PIXEL));
    root.draw(&Circle::new(middle(y), 2 * PIXEL, DATA.filled()))?;
    write(root, "data", left + 38, y, text(14), HPos::Left)?;
    y += 28;
    root.draw(&Cross::new(middle(y), 5 * PIXEL, line(SQUARES, 2.0)))?;
    write(root, "spoilt", left + 38, y, text(14), HPos::Left)?;
    for (name, color) in [("fit by squares", SQUARES), ("fit by Tukey's loss", ROBUST)] {
        y += 28;
        root.draw(&PathElement::new(ends(y), line(color, 2.0)))?;
        write(root, name, left + 38, y, text(14), HPos::Left)?;
    }
    for (name, share) in [("95 % confidence of the curve", 0.35), ("95 % of new points", 0.10)] {
        y += 28;
        let corners = [(left * PIXEL, (y - 8) * PIXEL), ((left + 28) * PIXEL, (y + 8) * PIXEL)];
        root.draw(&Rectangle::new(corners, ROBUST.mix(share).filled()))?;
        write(root, name, left + 38, y, text(14), HPos::Left)?;
    }
    y += 20;
    for (fit, color) in [(by_squares, SQUARES), (robust, ROBUST)] {
        y += 10;
        for parameter in &fit.parameters {
            y += 22;
            let error = parameter.standard_error.unwrap_or(f64::NAN);
            let words = format!("{} {:.4} ± {error:.4}", parameter.name, parameter.value);
            write(root, &words, left, y, text(14).color(&color), HPos::Left)?;
        }
    }
    Ok(())
}
