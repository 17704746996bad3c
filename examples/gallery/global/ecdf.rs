//! The share of gaps reached over evaluations, on a logarithmic axis.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Row;
use super::arguments::Arguments;
use extremum_gallery::{Area, INK, Outcome, PIXEL, line, save, text};

/// Sizes in pixels: of the plot area and its margins.
const WIDTH: i32 = 660;
const HEIGHT: i32 = 480;
const TOP: i32 = 50;
const LEFT: i32 = 75;
const BOTTOM: i32 = 60;
const RIGHT: i32 = 250;

/// Okabe and Ito's colours without the yellow; further lines use the same colours, dashed and then dotted.
const COLORS: [RGBColor; 8] = [
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    INK,
    RGBColor(86, 180, 233),
    RGBColor(140, 86, 75),
];

/// Writes the plot as SVG.
pub fn draw(file: &Path, arguments: &Arguments, rows: &[Row]) -> Outcome {
    let title =
        format!("{}, n = {}, {} seeds", arguments.label(), arguments.dimension, arguments.seeds);
    save(file, LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM, |root| {
        let centred = |size| text(size).pos(Pos::new(HPos::Center, VPos::Center));
        let write = |words: &str, x: i32, y: i32, style| {
            root.draw(&Text::new(words.to_owned(), (x * PIXEL, y * PIXEL), style))
        };
        write(&title, LEFT + WIDTH / 2, TOP / 2, centred(17))?;
        write(
            "evaluations; a gradient counts as n",
            LEFT + WIDTH / 2,
            TOP + HEIGHT + 44,
            centred(16),
        )?;
        let upward = centred(16).transform(FontTransform::Rotate270);
        write("share of the gaps from 100 to 1e-8 reached", 20, TOP + HEIGHT / 2, upward)?;
        let (chart, side) = root.split_horizontally((LEFT + WIDTH) * PIXEL);
        draw_curves(&chart, arguments, rows)?;
        draw_legend(&side, rows)
    })
}

fn draw_curves(area: &Area<'_>, arguments: &Arguments, rows: &[Row]) -> Outcome {
    let most = arguments.budget as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_top(TOP * PIXEL)
        .x_label_area_size(BOTTOM * PIXEL)
        .y_label_area_size(LEFT * PIXEL)
        .build_cartesian_2d((1.0..most).log_scale(), 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_labels(7)
        .y_labels(11)
        .x_label_formatter(&|count| format!("{count}"))
        .y_label_formatter(&|share| format!("{share:.1}"))
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    for (k, row) in rows.iter().enumerate() {
        let points = steps(row, most).into_iter();
        match k / COLORS.len() {
            0 => chart.draw_series(LineSeries::new(points, style(k)))?,
            dashes => {
                let (dash, gap) = dash(dashes);
                chart.draw_series(DashedLineSeries::new(points, dash, gap, style(k)))?
            }
        };
    }
    Ok(())
}

/// The corners of a row's curve.
fn steps(row: &Row, most: f64) -> Vec<(f64, f64)> {
    let all: Vec<_> = row.outcomes.iter().flat_map(|outcome| &outcome.reached).collect();
    let mut times: Vec<_> = all.iter().filter_map(|time| **time).map(|time| time as f64).collect();
    times.retain(|time| *time <= most);
    times.sort_by(f64::total_cmp);
    let mut corners = vec![(1.0, 0.0)];
    let mut share = 0.0;
    for time in times {
        corners.push((time, share));
        share += 1.0 / all.len() as f64;
        corners.push((time, share));
    }
    corners.push((most, share));
    corners
}

fn draw_legend(area: &Area<'_>, rows: &[Row]) -> Outcome {
    let left = text(14).pos(Pos::new(HPos::Left, VPos::Center));
    for (k, row) in rows.iter().enumerate() {
        let y = (TOP + 10 + 21 * k as i32) * PIXEL;
        let (from, to) = (20 * PIXEL, 48 * PIXEL);
        let (dash, gap) = if k < COLORS.len() { (to - from, 0) } else { dash(k / COLORS.len()) };
        let mut at = from;
        while at < to {
            area.draw(&PathElement::new([(at, y), ((at + dash).min(to), y)], style(k)))?;
            at += dash + gap;
        }
        area.draw(&Text::new(row.name, (56 * PIXEL, y), left.clone()))?;
    }
    Ok(())
}

/// Lengths of a dash and a gap.
fn dash(kind: usize) -> (i32, i32) {
    if kind == 1 { (8 * PIXEL, 5 * PIXEL) } else { (3 * PIXEL, 3 * PIXEL) }
}

fn style(k: usize) -> ShapeStyle {
    line(COLORS[k % COLORS.len()], 2.0)
}
