//! Loss curves: the mean over the seeds, after every epoch.

use std::path::Path;

use plotters::coord::combinators::BindKeyPoints;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::table::Row;
use extremum_gallery::{Area, INK, Outcome, PIXEL, line, save, text};

/// Sizes in pixels: of the plot area and its margins.
const WIDTH: i32 = 640;
const HEIGHT: i32 = 420;
const TOP: i32 = 50;
const LEFT: i32 = 85;
const BOTTOM: i32 = 60;
const RIGHT: i32 = 150;

/// Okabe and Ito's colours, which are safe for colour-blind readers, without the yellow, which is too pale for a line; then
/// brown and grey. Every other line is dashed, to be visible on top of another.
const COLORS: [RGBColor; 9] = [
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    INK,
    RGBColor(86, 180, 233),
    RGBColor(140, 86, 75),
    RGBColor(130, 130, 130),
];
const DASH: i32 = 7;

/// Writes the plot as SVG.
pub fn draw(file: &Path, title: &str, rows: &[Row]) -> Outcome {
    let curves: Vec<Vec<f64>> = rows.iter().map(mean_losses).collect();
    save(file, LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, |root| {
        let centred = |size| text(size).pos(Pos::new(HPos::Center, VPos::Center));
        let write = |words: &str, x: i32, y: i32, style| {
            root.draw(&Text::new(words.to_owned(), (x * PIXEL, y * PIXEL), style))
        };
        write(title, LEFT + WIDTH / 2, TOP / 2, centred(17))?;
        write("epoch", LEFT + WIDTH / 2, TOP + HEIGHT + 44, centred(16))?;
        let upward = centred(16).transform(FontTransform::Rotate270);
        write("training loss, with the penalty", 20, TOP + HEIGHT / 2, upward)?;
        let (chart, side) = root.split_horizontally((LEFT + WIDTH) * PIXEL);
        draw_curves(&chart, &curves)?;
        draw_legend(&side, rows)
    })
}

/// The mean over the seeds after every epoch; a run that ended earlier continues with its last value.
fn mean_losses(row: &Row) -> Vec<f64> {
    let epochs = row.trained.iter().map(|trained| trained.epochs()).max().unwrap_or(0);
    (0..=epochs).map(|k| row.mean(|trained| trained.losses[k.min(trained.epochs())])).collect()
}

fn draw_curves(area: &Area<'_>, curves: &[Vec<f64>]) -> Outcome {
    let epochs = curves.iter().map(Vec::len).max().unwrap_or(0).saturating_sub(1).max(1);
    let finite = || curves.iter().flatten().copied().filter(|loss| loss.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min) / 1.1;
    let high = finite().fold(0.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .margin_top(TOP * PIXEL)
        .x_label_area_size(BOTTOM * PIXEL)
        .y_label_area_size(LEFT * PIXEL)
        .build_cartesian_2d(0..epochs, (low..high).log_scale().with_key_points(ticks(low, high)))?;
    chart
        .configure_mesh()
        .x_labels(9)
        .y_label_formatter(&|loss| loss.to_string())
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    for (k, curve) in curves.iter().enumerate() {
        let points = curve.iter().copied().enumerate().filter(|(_, loss)| loss.is_finite());
        if is_dashed(k) {
            let (dash, gap) = (DASH * PIXEL, DASH * PIXEL);
            chart.draw_series(DashedLineSeries::new(points, dash, gap, style(k)))?;
        } else {
            chart.draw_series(LineSeries::new(points, style(k)))?;
        }
    }
    Ok(())
}

/// 1, 2, 5 and their multiples by powers of ten.
fn ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let ticks = decades.flat_map(|k| [1, 2, 5].map(|digit| format!("{digit}e{k}").parse()));
    ticks.flatten().filter(|tick| (low..high).contains(tick)).collect()
}

fn draw_legend(area: &Area<'_>, rows: &[Row]) -> Outcome {
    let left = text(14).pos(Pos::new(HPos::Left, VPos::Center));
    for (k, row) in rows.iter().enumerate() {
        let y = (TOP + 13 + 26 * k as i32) * PIXEL;
        let dashes = if is_dashed(k) { vec![0, 2] } else { vec![0, 1, 2] };
        for dash in dashes {
            let ends = [0, 1].map(|end| ((22 + (dash + end) * DASH) * PIXEL, y));
            area.draw(&PathElement::new(ends, style(k)))?;
        }
        area.draw(&Text::new(row.name, (54 * PIXEL, y), left.clone()))?;
    }
    Ok(())
}

fn style(k: usize) -> ShapeStyle {
    line(COLORS[k % COLORS.len()], 2.0)
}

fn is_dashed(k: usize) -> bool {
    k % 2 == 1
}
