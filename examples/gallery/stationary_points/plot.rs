//! Plots: a curve for a function of one variable, contours for two.

use std::error::Error;
use std::path::Path;

use contour::ContourBuilder;
use extremum::{DVector, Kind};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::find::Found;
use super::landscapes::Landscape;
use extremum_gallery::{Area, INK, Outcome, PIXEL, line, save, text};

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Sizes in pixels: of the plot area and its margins.
const WIDTH: i32 = 640;
const TOP: i32 = 50;
const LEFT: i32 = 75;
const BOTTOM: i32 = 60;
const RIGHT: i32 = 150;

/// The fill colours, from low to high.
const SCALE: [RGBColor; 4] = [
    RGBColor(120, 160, 205),
    RGBColor(178, 212, 226),
    RGBColor(226, 238, 222),
    RGBColor(255, 247, 219),
];

/// Writes the plot as SVG.
pub fn draw(file: &Path, landscape: &Landscape, found: &[Found]) -> Outcome {
    let (low, high) = (landscape.bounds.lower(), landscape.bounds.upper());
    let is_curve = low.len() == 1;
    // The same scale along x and y.
    let shape = if is_curve { 0.9 } else { (high[1] - low[1]) / (high[0] - low[0]) };
    let height = (f64::from(WIDTH) * shape) as i32;
    save(file, LEFT + WIDTH + RIGHT, TOP + height + BOTTOM, |root| {
        let centred = |size| text(size).pos(Pos::new(HPos::Center, VPos::Center));
        let write = |words, x: i32, y: i32, style| {
            root.draw(&Text::new(words, (x * PIXEL, y * PIXEL), style))
        };
        let (middle, y_name) = (LEFT + WIDTH / 2, if is_curve { "f(x)" } else { "y" });
        write(landscape.title, middle, TOP / 2, centred(17))?;
        write("x", middle, TOP + height + 44, centred(16))?;
        let upward = centred(16).transform(FontTransform::Rotate270);
        write(y_name, 20, TOP + height / 2, upward)?;
        let (chart, side) = root.split_horizontally((LEFT + WIDTH) * PIXEL);
        if is_curve {
            draw_curve(&chart, landscape, found)?;
        } else {
            draw_contours(&chart, landscape, found)?;
        }
        draw_legend(&side, landscape, found, height)
    })
}

/// The plot area.
fn chart<'a, 'b>(
    area: &'a Area<'b>,
    x: [f64; 2],
    y: [f64; 2],
) -> Result<Chart<'a, 'b>, Box<dyn Error>> {
    Ok(ChartBuilder::on(area)
        .margin_top(TOP * PIXEL)
        .x_label_area_size(BOTTOM * PIXEL)
        .y_label_area_size(LEFT * PIXEL)
        .build_cartesian_2d(x[0]..x[1], y[0]..y[1])?)
}

fn draw_axes(chart: &mut Chart<'_, '_>, grid: bool) -> Outcome {
    let number = |x: &f64| format!("{x:.1}").replace('-', "−");
    let mut mesh = chart.configure_mesh();
    if !grid {
        mesh.disable_mesh();
    }
    mesh.x_label_formatter(&number)
        .y_label_formatter(&number)
        .x_labels(9)
        .y_labels(9)
        .label_style(text(14))
        .axis_style(line(INK, 1.0))
        .bold_line_style(line(BLACK.mix(0.12), 1.0))
        .light_line_style(TRANSPARENT)
        .set_all_tick_mark_size(5 * PIXEL)
        .draw()?;
    Ok(())
}

fn draw_curve(area: &Area<'_>, landscape: &Landscape, found: &[Found]) -> Outcome {
    const STEPS: u32 = 600;
    let (low, high) = (landscape.bounds.lower()[0], landscape.bounds.upper()[0]);
    let points: Vec<(f64, f64)> = (0..=STEPS)
        .map(|k| low + (high - low) * f64::from(k) / f64::from(STEPS))
        .map(|x| (x, landscape.problem.cost(&DVector::from_element(1, x))))
        .collect();
    let least = points.iter().fold(f64::INFINITY, |m, p| m.min(p.1));
    let most = points.iter().fold(f64::NEG_INFINITY, |m, p| m.max(p.1));
    let margin = 0.06 * (most - least);
    let mut chart = chart(area, [low, high], [least - margin, most + margin])?;
    draw_axes(&mut chart, true)?;
    chart.draw_series(LineSeries::new(points, line(INK, 2.0)))?;
    for Found { x, class } in found {
        draw_marker(chart.plotting_area(), (x[0], class.cost), class.kind)?;
    }
    Ok(())
}

fn draw_contours(area: &Area<'_>, landscape: &Landscape, found: &[Found]) -> Outcome {
    /// Grid points along each axis.
    const GRID: usize = 201;
    let (low, high) = (landscape.bounds.lower(), landscape.bounds.upper());
    let step = (high - low) / (GRID - 1) as f64;
    let costs: Vec<f64> = (0..GRID * GRID)
        .map(|k| DVector::from_vec(vec![(k % GRID) as f64, (k / GRID) as f64]))
        .map(|k| landscape.problem.cost(&(low + k.component_mul(&step))))
        .collect();
    // The builder's coordinates of grid point k are k + 1/2, and it closes its contours half a step outside.
    let contours = ContourBuilder::new(GRID, GRID, true)
        .x_step(step[0])
        .y_step(step[1])
        .x_origin(low[0] - 0.5 * step[0])
        .y_origin(low[1] - 0.5 * step[1])
        .contours(&costs, &landscape.levels)?;
    let inside = |x: f64, y: f64| (x.clamp(low[0], high[0]), y.clamp(low[1], high[1]));

    let mut chart = chart(area, [low[0], high[0]], [low[1], high[1]])?;
    chart.plotting_area().fill(&shade(0, landscape.levels.len()))?;
    for (k, contour) in contours.iter().enumerate() {
        let color = shade(k + 1, landscape.levels.len());
        for polygon in contour.geometry() {
            let rings: Vec<Vec<(f64, f64)>> = std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .map(|ring| ring.coords().map(|p| inside(p.x, p.y)).collect())
                .collect();
            // A single path along all rings, always back to the first point, leaves the holes open: they have the
            // opposite orientation.
            let there = rings[0][0];
            let path = rings.iter().flat_map(|ring| ring.iter().copied().chain([there]));
            chart.draw_series([Polygon::new(path.collect::<Vec<_>>(), color.filled())])?;
            for ring in rings {
                chart.draw_series([PathElement::new(ring, line(INK.mix(0.55), 0.75))])?;
            }
        }
    }
    draw_axes(&mut chart, false)?;
    let frame = [(low[0], low[1]), (high[0], high[1])];
    chart.draw_series([Rectangle::new(frame, line(INK, 1.0))])?;
    for Found { x, class } in found {
        draw_marker(chart.plotting_area(), (x[0], x[1]), class.kind)?;
    }
    Ok(())
}

/// The colour between level k - 1 and level k.
fn shade(k: usize, levels: usize) -> RGBColor {
    let place = k as f64 / levels as f64 * (SCALE.len() - 1) as f64;
    let i = (place as usize).min(SCALE.len() - 2);
    let t = place - i as f64;
    let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - t) + f64::from(b) * t).round() as u8;
    let (a, b) = (SCALE[i], SCALE[i + 1]);
    RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The markers differ in shape, and their colours (Okabe and Ito's) are safe for colour-blind readers.
fn draw_marker<C>(area: &DrawingArea<SVGBackend<'_>, C>, at: C::From, kind: Kind) -> Outcome
where
    C: CoordTranslate,
{
    let (corners, turn, radius, fill) = match kind {
        Kind::Minimum => (32, 0.0, 7.0, RGBColor(0, 90, 178)),
        Kind::Saddle { .. } => (4, 0.0, 9.0, RGBColor(213, 94, 0)),
        Kind::Maximum => (3, 0.5, 10.0, RGBColor(0, 130, 95)),
        _ => (4, 0.5, 9.0, WHITE),
    };
    let ring = |radius: f64| -> Vec<(i32, i32)> {
        (0..corners)
            .map(|k| std::f64::consts::TAU * (f64::from(k) + turn) / f64::from(corners))
            // Starting straight below, as y points down.
            .map(|angle| (radius * angle.sin(), radius * angle.cos()))
            .map(|(x, y)| ((x * f64::from(PIXEL)) as i32, (y * f64::from(PIXEL)) as i32))
            .collect()
    };
    let outline = if fill == WHITE { INK } else { WHITE };
    area.draw(
        &(EmptyElement::at(at)
            + Polygon::new(ring(radius + 2.0), outline.filled())
            + Polygon::new(ring(radius), fill.filled())),
    )?;
    Ok(())
}

/// The legend: the markers and the contour levels.
fn draw_legend(area: &Area<'_>, landscape: &Landscape, found: &[Found], height: i32) -> Outcome {
    const ROW: i32 = 26;
    let left = |size| text(size).pos(Pos::new(HPos::Left, VPos::Center));
    let write = |words: String, x: i32, y: i32| {
        area.draw(&Text::new(words, (x * PIXEL, y * PIXEL), left(14)))
    };
    let mut y = TOP + ROW / 2;
    let name = |kind| match kind {
        Kind::Minimum => "minimum",
        Kind::Saddle { .. } => "saddle",
        Kind::Maximum => "maximum",
        _ => "undecided",
    };
    for word in ["minimum", "saddle", "maximum", "undecided"] {
        if let Some(point) = found.iter().find(|f| name(f.class.kind) == word) {
            draw_marker(area, (34 * PIXEL, y * PIXEL), point.class.kind)?;
            write(word.to_string(), 52, y)?;
            y += ROW;
        }
    }
    if landscape.levels.is_empty() {
        return Ok(());
    }

    let (top, bottom) = (y + ROW, TOP + height);
    let bands = landscape.levels.len() + 1;
    let edge = |k: usize| bottom - (bottom - top) * k as i32 / bands as i32;
    write("f".to_string(), 34, top - 14)?;
    for k in 0..bands {
        let corners = [(26 * PIXEL, edge(k) * PIXEL), (46 * PIXEL, edge(k + 1) * PIXEL)];
        area.draw(&Rectangle::new(corners, shade(k, bands - 1).filled()))?;
        area.draw(&Rectangle::new(corners, line(INK, 0.75)))?;
    }
    for (k, level) in landscape.levels.iter().enumerate() {
        write(level.to_string().replace('-', "−"), 52, edge(k + 1))?;
    }
    Ok(())
}
