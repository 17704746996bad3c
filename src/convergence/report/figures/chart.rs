//! A line chart with a legend beside it.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Outcome = Result<(), Box<dyn Error>>;

/// plotters rounds to whole units; a pixel has this many of them.
const PIXEL: i32 = 8;
/// Sizes in pixels: of the plot area and its margins.
const WIDTH: i32 = 640;
const HEIGHT: i32 = 440;
const TOP: i32 = 44;
const LEFT: i32 = 78;
const BOTTOM: i32 = 56;
/// Of the samples in the legend, and the width of a letter of its names, generously.
const SAMPLE: i32 = 56;
const LETTER: i32 = 8;
/// The height of a line of the legend.
const LEADING: i32 = 20;

/// What a logarithmic scale draws: plotters loops where the ratio of its ends overflows.
const DRAWN: Range<f64> = 1e-150..1e150;

const INK: RGBColor = RGBColor(40, 40, 40);

pub(super) struct Chart {
    pub title: String,
    pub x: Scale,
    pub y: Scale,
    pub lines: Vec<Line>,
    pub legend: Vec<Line>,
}

pub(super) struct Scale {
    pub label: String,
    pub logarithmic: bool,
    /// What a linear scale shows at least.
    pub least: Range<f64>,
}

pub(super) struct Line {
    pub name: String,
    pub color: RGBColor,
    pub dash: &'static [u32],
    /// In pixels.
    pub width: f64,
    pub points: Vec<(f64, f64)>,
}

impl Chart {
    pub(super) fn draw(&self) -> Result<String, Box<dyn Error>> {
        let height = (TOP + HEIGHT + BOTTOM).max(TOP + LEADING * (self.legend.len() as i32 + 1));
        let longest = self.legend.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        let width = LEFT + WIDTH + SAMPLE + LETTER * longest.max(8) as i32;
        let mut svg = String::new();
        {
            let units = ((width * PIXEL) as u32, (height * PIXEL) as u32);
            let root = SVGBackend::with_string(&mut svg, units).into_drawing_area();
            root.fill(&WHITE)?;
            self.write_labels(&root)?;
            let (left, side) = root.split_horizontally((LEFT + WIDTH) * PIXEL);
            let (area, _) = left.split_vertically((TOP + HEIGHT + BOTTOM) * PIXEL);
            self.draw_lines(&area)?;
            self.draw_legend(&side)?;
            root.present()?;
        }
        let [drawn, shown] =
            [PIXEL, 1].map(|k| format!("width=\"{}\" height=\"{}\"", width * k, height * k));
        Ok(svg.replacen(&drawn, &shown, 1))
    }

    fn write_labels(&self, root: &Area<'_>) -> Outcome {
        let centred = |size| text(size).pos(Pos::new(HPos::Center, VPos::Center));
        let write = |words: &str, x: i32, y: i32, style| {
            root.draw(&Text::new(words.to_owned(), (x * PIXEL, y * PIXEL), style))
        };
        write(&self.title, LEFT + WIDTH / 2, TOP / 2, centred(17))?;
        write(&self.x.label, LEFT + WIDTH / 2, TOP + HEIGHT + 40, centred(15))?;
        let upward = centred(15).transform(FontTransform::Rotate270);
        write(&self.y.label, 14, TOP + HEIGHT / 2, upward)?;
        Ok(())
    }

    /// Every combination of scales has its own type.
    fn draw_lines(&self, area: &Area<'_>) -> Outcome {
        let x = range(&self.x, self.lines.iter().flat_map(|line| &line.points).map(|p| p.0));
        let y = range(&self.y, self.lines.iter().flat_map(|line| &line.points).map(|p| p.1));
        match (self.x.logarithmic, self.y.logarithmic) {
            (true, true) => self.draw_on(area, x.log_scale(), y.log_scale()),
            (true, false) => self.draw_on(area, x.log_scale(), y),
            (false, true) => self.draw_on(area, x, y.log_scale()),
            (false, false) => self.draw_on(area, x, y),
        }
    }

    fn draw_on<X, Y>(&self, area: &Area<'_>, x: X, y: Y) -> Outcome
    where
        X: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
        Y: AsRangedCoord<Value = f64, CoordDescType: ValueFormatter<f64>>,
    {
        let mut chart = ChartBuilder::on(area)
            .margin_top(TOP * PIXEL)
            .x_label_area_size(BOTTOM * PIXEL)
            .y_label_area_size(LEFT * PIXEL)
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .x_labels(7)
            .y_labels(9)
            .x_label_formatter(&number)
            .y_label_formatter(&number)
            .label_style(text(13))
            .axis_style(style(INK, 1.0))
            .bold_line_style(style(BLACK.mix(0.12), 1.0))
            .light_line_style(TRANSPARENT)
            .set_all_tick_mark_size(5 * PIXEL)
            .draw()?;
        for line in &self.lines {
            for part in line.points.split(|p| !self.shows(p)).filter(|part| !part.is_empty()) {
                match line.dashes() {
                    Some((dash, gap)) => chart.draw_series(DashedLineSeries::new(
                        part.iter().copied(),
                        dash,
                        gap,
                        line.style(),
                    ))?,
                    _ => chart.draw_series([PathElement::new(part, line.style())])?,
                };
            }
        }
        Ok(())
    }

    fn shows(&self, point: &(f64, f64)) -> bool {
        self.x.shows(point.0) && self.y.shows(point.1)
    }

    fn draw_legend(&self, area: &Area<'_>) -> Outcome {
        let left = text(13).pos(Pos::new(HPos::Left, VPos::Center));
        for (k, line) in self.legend.iter().enumerate() {
            let y = (TOP + 10 + LEADING * k as i32) * PIXEL;
            let (mut at, end) = (18 * PIXEL, 48 * PIXEL);
            let (dash, gap) = line.dashes().unwrap_or((end - at, 0));
            while at < end {
                let ends = [(at, y), ((at + dash).min(end), y)];
                area.draw(&PathElement::new(ends, line.style()))?;
                at += dash + gap;
            }
            area.draw(&Text::new(line.name.clone(), (SAMPLE * PIXEL, y), left.clone()))?;
        }
        Ok(())
    }
}

impl Scale {
    fn shows(&self, value: f64) -> bool {
        value.is_finite() && (!self.logarithmic || DRAWN.contains(&value))
    }
}

impl Line {
    fn style(&self) -> ShapeStyle {
        style(self.color, self.width)
    }

    /// The lengths of a dash and a gap, if it has any.
    fn dashes(&self) -> Option<(i32, i32)> {
        match self.dash {
            &[dash, gap] => Some((dash as i32 * PIXEL, gap as i32 * PIXEL)),
            _ => None,
        }
    }
}

/// From the smallest to the largest value, and of some length.
fn range(scale: &Scale, values: impl Iterator<Item = f64>) -> Range<f64> {
    let values: Vec<f64> = values.filter(|&value| scale.shows(value)).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match (values.is_empty(), scale.logarithmic) {
        (true, true) => 1.0..10.0,
        (true, false) => scale.least.clone(),
        (false, true) => low / 1.1..high * 1.1,
        (false, false) => {
            let (low, high) = (low.min(scale.least.start), high.max(scale.least.end));
            low..high
        }
    }
}

fn number(value: &f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1e-3..1e5 => format!("{}", (value * 1e6).round() / 1e6),
        _ => format!("{value:.0e}"),
    }
}

fn text(pixels: i32) -> TextStyle<'static> {
    // The SVG backend divides sizes by 1.24.
    ("sans-serif", f64::from(pixels * PIXEL) * 1.24).into_font().color(&INK)
}

fn style(color: impl Color, pixels: f64) -> ShapeStyle {
    color.stroke_width((pixels * f64::from(PIXEL)) as u32)
}
