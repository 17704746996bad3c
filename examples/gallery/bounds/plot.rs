//! The drawing: the data with both fits, the residuals of each, and the parameters in their bounds.

use std::ops::Range;
use std::path::Path;

use extremum::stationary::Side;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::fits::Fit;
use super::model::{NOISE, PARAMETERS, Parameter, Spectrum, curve};
use extremum_gallery::{Area, INK, Outcome, PIXEL, line, save, text};

/// Sizes in pixels: of the plot areas, one above the other, and of what is around them.
const WIDTH: i32 = 620;
const LEFT: i32 = 75;
const RIGHT: i32 = 315;
const TOP: i32 = 50;
const FIT: i32 = 300;
const RESIDUALS: i32 = 96;
const BETWEEN: i32 = 20;
const AXIS: i32 = 66;
/// The heading of the parameters, the distance of their rows, and where the ranges begin and end.
const HEADING: i32 = 66;
const ROW: i32 = 30;
const TRACK: [i32; 2] = [285, 620];

/// Safe for colour-blind readers (M. Okabe and K. Ito, 2008).
const WITHIN: RGBColor = RGBColor(0, 90, 178);
const WITHOUT: RGBColor = RGBColor(213, 94, 0);
const DATA: RGBColor = RGBColor(140, 140, 140);

/// Writes the drawing as SVG.
pub fn draw(file: &Path, spectrum: &Spectrum, unlimited: &Fit, within: &Fit) -> Outcome {
    let plots = TOP + FIT + 2 * (BETWEEN + RESIDUALS) + AXIS;
    let rows = HEADING + ROW * PARAMETERS.len() as i32 + 50;
    save(file, LEFT + WIDTH + RIGHT, plots + rows, |root| {
        let part = |y: i32, height: i32| {
            root.clone().shrink((0, y * PIXEL), ((LEFT + WIDTH) * PIXEL, height * PIXEL))
        };
        let title = "NIST's spectrum Gauss1, fitted within bounds and without";
        write(root, title, LEFT, TOP / 2, text(17), HPos::Left)?;
        let fits = [(unlimited, WITHOUT), (within, WITHIN)];
        draw_curves(&part(TOP, FIT), spectrum, &fits)?;
        let first = TOP + FIT + BETWEEN;
        draw_residuals(&part(first, RESIDUALS), 0, spectrum, fits[0])?;
        let second = first + RESIDUALS + BETWEEN;
        draw_residuals(&part(second, RESIDUALS + AXIS), AXIS, spectrum, fits[1])?;
        for (name, top, color) in
            [("without bounds", first, WITHOUT), ("within bounds", second, WITHIN)]
        {
            let (x, y) = (LEFT + WIDTH + 24, top + RESIDUALS / 2);
            write(root, name, x, y, text(14).color(&color), HPos::Left)?;
        }
        draw_legend(root, unlimited, within)?;
        draw_parameters(root, plots, unlimited, within)
    })
}

/// Writes words at a point in pixels, which is in the middle of their height.
fn write(root: &Area<'_>, words: &str, x: i32, y: i32, style: TextStyle<'_>, at: HPos) -> Outcome {
    let style = style.pos(Pos::new(at, VPos::Center));
    root.draw(&Text::new(words.to_owned(), (x * PIXEL, y * PIXEL), style))?;
    Ok(())
}

fn draw_curves(area: &Area<'_>, spectrum: &Spectrum, fits: &[(&Fit, RGBColor); 2]) -> Outcome {
    let highest = spectrum.points.iter().fold(0.0, |most: f64, p| most.max(p.1));
    let curves = fits.map(|(fit, color)| {
        let b = fit.found.x.as_slice();
        let at = |k: i32| 0.25 * f64::from(k);
        let curve: Vec<_> = (0..=1000).map(at).map(|x| (x, curve(x, b))).collect();
        (curve, color)
    });
    panel(area, 0, 0.0..1.05 * highest, "y", 7, |chart| {
        let dot = |&at: &(f64, f64)| Circle::new(at, 2 * PIXEL, DATA.filled());
        chart.draw_series(spectrum.points.iter().map(dot))?;
        for (curve, color) in curves {
            chart.draw_series(LineSeries::new(curve, line(color, 2.0)))?;
        }
        Ok(())
    })
}

/// The residuals of a fit in units of σ; none is beyond 4.
fn draw_residuals(
    area: &Area<'_>,
    axis: i32,
    spectrum: &Spectrum,
    (fit, color): (&Fit, RGBColor),
) -> Outcome {
    panel(area, axis, -4.6..4.6, "residual / σ", 5, |chart| {
        chart.draw_series([PathElement::new([(0.0, 0.0), (250.0, 0.0)], line(INK, 1.0))])?;
        let residuals = spectrum.residuals(fit.found.x.as_slice());
        let dot = |at| Circle::new(at, 2 * PIXEL, color.filled());
        chart.draw_series(residuals.into_iter().map(dot))?;
        Ok(())
    })
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// One of the panels over x, with an axis of the given height in pixels below it.
fn panel(
    area: &Area<'_>,
    axis: i32,
    y: Range<f64>,
    name: &str,
    labels: usize,
    draw: impl FnOnce(&mut Chart<'_, '_>) -> Outcome,
) -> Outcome {
    let number = |x: &f64| format!("{x:.0}").replace('-', "−");
    let mut chart = ChartBuilder::on(area)
        .x_label_area_size(axis * PIXEL)
        .y_label_area_size(LEFT * PIXEL)
        .build_cartesian_2d(0.0..250.0, y)?;
    chart
        .configure_mesh()
        .x_labels(11)
        .y_labels(labels)
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    draw(&mut chart)?;
    let height = area.dim_in_pixel().1 as i32 / PIXEL - axis;
    let upward = text(15).transform(FontTransform::Rotate270);
    write(area, name, 18, height / 2, upward, HPos::Center)?;
    if axis > 0 {
        write(area, "x", LEFT + WIDTH / 2, height + 42, text(15), HPos::Center)?;
    }
    Ok(())
}

fn draw_legend(root: &Area<'_>, unlimited: &Fit, within: &Fit) -> Outcome {
    let left = LEFT + WIDTH + 24;
    let mut y = TOP + 12;
    root.draw(&Circle::new(((left + 14) * PIXEL, y * PIXEL), 2 * PIXEL, DATA.filled()))?;
    write(root, &format!("data, noise σ = {NOISE}"), left + 38, y, text(14), HPos::Left)?;
    for (name, fit, color) in [("within bounds", within, WITHIN), ("without", unlimited, WITHOUT)] {
        y += 28;
        let ends = [0, 28].map(|x| ((left + x) * PIXEL, y * PIXEL));
        root.draw(&PathElement::new(ends, line(color, 2.0)))?;
        let words = format!("{name}: ½ χ² = {:.2}", fit.found.cost);
        write(root, &words, left + 38, y, text(14), HPos::Left)?;
    }
    Ok(())
}

/// The parameters, each in its range, with what holds it.
fn draw_parameters(root: &Area<'_>, top: i32, unlimited: &Fit, within: &Fit) -> Outcome {
    let y = top + 12;
    write(root, "Parameters in their bounds", LEFT, y, text(17), HPos::Left)?;
    draw_marks(root, y)?;
    let columns = y + 36;
    let grey = INK.mix(0.75);
    let faint = || text(13).color(&grey);
    write(root, "lower", TRACK[0] - 50, columns, faint(), HPos::Right)?;
    write(root, "upper", TRACK[1] + 14, columns, faint(), HPos::Left)?;
    write(root, "value", TRACK[1] + 130, columns, faint(), HPos::Right)?;
    write(root, "held at, with multiplier λ", TRACK[1] + 160, columns, faint(), HPos::Left)?;
    for (i, parameter) in PARAMETERS.iter().enumerate() {
        let y = top + HEADING + 12 + ROW * i as i32;
        let name = format!("{}, in {}", parameter.name, parameter.unit);
        write(root, &name, LEFT, y, text(14), HPos::Left)?;
        write(root, &parameter.lower.to_string(), TRACK[0] - 50, y, text(14), HPos::Right)?;
        write(root, &parameter.upper.to_string(), TRACK[1] + 14, y, text(14), HPos::Left)?;
        let ends = TRACK.map(|x| (x * PIXEL, y * PIXEL));
        root.draw(&PathElement::new(ends, line(INK.mix(0.35), 3.0)))?;
        for (x, _) in ends {
            let tick = [-6, 6].map(|dy| (x, (y + dy) * PIXEL));
            root.draw(&PathElement::new(tick, line(INK, 1.0)))?;
        }
        let [free, held] = [unlimited, within].map(|fit| fit.found.x[i]);
        let bound = within.class.active.iter().find(|bound| bound.index == i);
        draw_free(root, (place(parameter, free), y))?;
        draw_within(root, (place(parameter, held), y), bound.is_some())?;
        let decimals = if parameter.upper < 1.0 { 5 } else { 2 };
        let value = format!("{held:.decimals$}");
        write(root, &value, TRACK[1] + 130, y, text(14), HPos::Right)?;
        if let Some(bound) = bound {
            let side = match bound.side {
                Side::Lower => "lower",
                Side::Upper => "upper",
                Side::Fixed => "both",
            };
            let words =
                format!("{side}, λ = {:.3} per unit of {}", bound.multiplier, parameter.unit);
            write(root, &words, TRACK[1] + 160, y, text(14).color(&WITHIN), HPos::Left)?;
        }
    }
    let last = top + HEADING + ROW * PARAMETERS.len() as i32 + 24;
    let meaning = "λ: how much ½ χ² falls per unit of length beyond the bound";
    write(root, meaning, LEFT, last, faint(), HPos::Left)
}

/// The legend of the marks.
fn draw_marks(root: &Area<'_>, y: i32) -> Outcome {
    let [first, second, third] = [TRACK[1] - 140, TRACK[1] + 30, TRACK[1] + 180].map(f64::from);
    draw_free(root, (first, y))?;
    draw_within(root, (second, y), false)?;
    draw_within(root, (third, y), true)?;
    let names = ["without bounds", "within bounds", "held at its bound"];
    for (x, name) in [first, second, third].into_iter().zip(names) {
        write(root, name, x as i32 + 14, y, text(14), HPos::Left)?;
    }
    Ok(())
}

/// The mark of the fit without bounds: a ring.
fn draw_free(root: &Area<'_>, at: (f64, i32)) -> Outcome {
    root.draw(&Circle::new(units(at), 6 * PIXEL, WHITE.filled()))?;
    root.draw(&Circle::new(units(at), 6 * PIXEL, line(WITHOUT, 2.0)))?;
    Ok(())
}

/// The mark of the fit within bounds: a dot, or a square at a bound.
fn draw_within(root: &Area<'_>, at: (f64, i32), is_held: bool) -> Outcome {
    let (x, y) = units(at);
    if is_held {
        let half = 6 * PIXEL;
        let corners = [(x - half, y - half), (x + half, y + half)];
        root.draw(&Rectangle::new(corners, WITHIN.filled()))?;
    } else {
        root.draw(&Circle::new((x, y), 4 * PIXEL, WITHIN.filled()))?;
    }
    Ok(())
}

/// Pixels in the units of the drawing.
fn units((x, y): (f64, i32)) -> (i32, i32) {
    ((x * f64::from(PIXEL)) as i32, y * PIXEL)
}

/// Where a value is on the track of its parameter, in pixels; what is outside the bounds is at most 34 beyond the track.
fn place(parameter: &Parameter, value: f64) -> f64 {
    let part = (value - parameter.lower) / (parameter.upper - parameter.lower);
    let length = f64::from(TRACK[1] - TRACK[0]);
    f64::from(TRACK[0]) + (part * length).clamp(-34.0, length + 34.0)
}
