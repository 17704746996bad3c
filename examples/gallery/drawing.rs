//! Shared by the examples: drawings, and where reports come from.

use std::error::Error;
use std::path::{Path, PathBuf};

use extremum::convergence::report::Provenance;
use plotters::coord::Shift;
use plotters::prelude::*;

pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub type Outcome = Result<(), Box<dyn Error>>;

/// plotters rounds to whole units; a pixel has this many of them.
pub const PIXEL: i32 = 8;

pub const INK: RGBColor = RGBColor(40, 40, 40);

/// The default folder for the drawings of an example: within cargo's target folder, wherever that is.
pub fn default_folder(example: &str) -> Result<PathBuf, Box<dyn Error>> {
    // target/release/examples/<example>
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(3).ok_or("the program has no folder")?;
    Ok(target.join(example))
}

/// The path relative to the working directory, if that is shorter.
pub fn relative(file: &Path) -> &Path {
    let here = std::env::current_dir().unwrap_or_default();
    file.strip_prefix(here).unwrap_or(file)
}

pub fn text(pixels: i32) -> TextStyle<'static> {
    // The SVG backend divides sizes by 1.24.
    ("sans-serif", f64::from(pixels * PIXEL) * 1.24).into_font().color(&INK)
}

pub fn line(color: impl Color, pixels: f64) -> ShapeStyle {
    color.stroke_width((pixels * f64::from(PIXEL)) as u32)
}

/// Writes what `draw` draws as an SVG file of the given size in pixels.
pub fn save(
    file: &Path,
    width: i32,
    height: i32,
    draw: impl FnOnce(&Area<'_>) -> Outcome,
) -> Outcome {
    let mut svg = String::new();
    {
        let units = ((width * PIXEL) as u32, (height * PIXEL) as u32);
        let root = SVGBackend::with_string(&mut svg, units).into_drawing_area();
        root.fill(&WHITE)?;
        draw(&root)?;
        root.present()?;
    }
    let [drawn, shown] =
        [PIXEL, 1].map(|k| format!("width=\"{}\" height=\"{}\"", width * k, height * k));
    std::fs::write(file, svg.replacen(&drawn, &shown, 1))?;
    Ok(())
}

/// Adds the processor, the number of threads and the date to what a report says about its origin.
pub fn describe(provenance: &mut Provenance) {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let name = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    provenance.cpu = name.unwrap_or(std::env::consts::ARCH).to_owned();
    provenance.threads = std::thread::available_parallelism().map_or(1, usize::from);
    provenance.date = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
}
