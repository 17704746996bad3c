//! The ways of the methods on the contours of a function.

use std::error::Error;
use std::path::Path;

use contour::ContourBuilder;
use extremum::{DVector, Minimizer};
use extremum_gallery::{INK, Outcome, PIXEL, line, save, text};
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::Landscape;
use super::methods::METHODS;

/// Sizes in pixels.
const WIDTH: i32 = 820;
const HEIGHT: i32 = 640;
/// For the names of the methods.
const LEGEND: i32 = 200;
/// Points of the grid along each axis.
const GRID: usize = 201;
/// The longest way that is drawn, in iterations.
const STEPS: u64 = 500;
/// Told apart by people who see colours differently (M. Okabe and K. Ito, 2008, without its yellow); the second five are dashed.
const COLORS: [RGBColor; 5] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(170, 60, 130),
    RGBColor(40, 40, 40),
];

/// Points of a line.
type Line = Vec<(f64, f64)>;

pub fn draw(file: &Path, landscape: &Landscape) -> Outcome {
    let [low, high] = landscape.view;
    let contours = contours(landscape)?;
    save(file, WIDTH, HEIGHT, |root| {
        let (area, legend) = root.split_horizontally((WIDTH - LEGEND) * PIXEL);
        let title = format!("{}: the first {STEPS} iterations", landscape.name);
        let mut chart = ChartBuilder::on(&area)
            .caption(title, text(17))
            .margin(12 * PIXEL)
            .x_label_area_size(40 * PIXEL)
            .y_label_area_size(50 * PIXEL)
            .build_cartesian_2d(low[0]..high[0], low[1]..high[1])?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_desc("x₁")
            .y_desc("x₂")
            .label_style(text(14))
            .axis_style(line(INK, 1.0))
            .draw()?;
        for ring in contours {
            chart.draw_series([PathElement::new(ring, line(INK.mix(0.25), 0.75))])?;
        }
        for (i, method) in METHODS.iter().enumerate() {
            let color = COLORS[i % COLORS.len()];
            let way = way(landscape, i)?;
            let middle = 46 + 26 * i as i32;
            let key = [(8 * PIXEL, middle * PIXEL), (40 * PIXEL, middle * PIXEL)];
            if i < COLORS.len() {
                chart.draw_series([PathElement::new(way, line(color, 1.5))])?;
                legend.draw(&PathElement::new(key, line(color, 2.0)))?;
            } else {
                let (dash, gap) = (5 * PIXEL, 4 * PIXEL);
                chart.draw_series(DashedLineSeries::new(way, dash, gap, line(color, 1.5)))?;
                legend.draw(&DashedPathElement::new(key, dash, gap, line(color, 2.0)))?;
            }
            legend.draw(&Text::new(method.name, (48 * PIXEL, (middle - 8) * PIXEL), text(14)))?;
        }
        let [x, y] = landscape.minimizer;
        chart.draw_series([Cross::new((x, y), 5 * PIXEL, line(INK, 2.0))])?;
        Ok(())
    })
}

/// The iterates of a method within the view.
fn way(landscape: &Landscape, method: usize) -> Result<Line, Box<dyn Error>> {
    let mut way = Vec::new();
    let solver = (METHODS[method].solver)(landscape);
    Minimizer::new(&landscape.problem, solver, landscape.start)
        .max_iterations(STEPS)
        .observe(|progress| way.push((progress.current[0], progress.current[1])))
        .run()?;
    let [low, high] = landscape.view;
    let inside = |(x, y): (f64, f64)| (x.clamp(low[0], high[0]), y.clamp(low[1], high[1]));
    Ok(way.into_iter().map(inside).collect())
}

/// Level lines, whose levels grow by the same factor.
fn contours(landscape: &Landscape) -> Result<Vec<Line>, Box<dyn Error>> {
    let [low, high] = landscape.view;
    let step = [0, 1].map(|i| (high[i] - low[i]) / (GRID - 1) as f64);
    let at = |k: usize| {
        let x = [low[0] + (k % GRID) as f64 * step[0], low[1] + (k / GRID) as f64 * step[1]];
        landscape.problem.cost(&DVector::from_row_slice(&x))
    };
    let costs: Vec<f64> = (0..GRID * GRID).map(at).collect();
    let most = costs.iter().copied().fold(0.0, f64::max);
    let levels: Vec<f64> = (1..12).map(|i| most * 0.45_f64.powi(i)).collect();
    // The builder's coordinates of grid point k are k + 1/2.
    let lines = ContourBuilder::new(GRID, GRID, true)
        .x_step(step[0])
        .y_step(step[1])
        .x_origin(low[0] - 0.5 * step[0])
        .y_origin(low[1] - 0.5 * step[1])
        .lines(&costs, &levels)?;
    let lines = lines.iter().flat_map(|level| level.geometry());
    Ok(lines.map(|line| line.0.iter().map(|p| (p.x, p.y)).collect()).collect())
}
