//! The spectrum Gauss1 of NIST, the model that is fitted to it, and the bounds of its parameters.

use extremum::{AutoDiff, Bounded, Bounds, DVector, Error, Num, Real, SumOfSquares, VectorFormula};

/// The standard deviation of the noise: NIST gives its variance, 6.25.
pub const NOISE: f64 = 2.5;

/// The least width of a peak, in x.
pub const RESOLUTION: f64 = 22.0;

/// A parameter of the model, with its start and its bounds.
pub struct Parameter {
    pub name: &'static str,
    /// In terms of the units of the data: NIST names none.
    pub unit: &'static str,
    pub start: f64,
    pub lower: f64,
    pub upper: f64,
}

/// The starts are NIST's first, but for the background, which NIST's model lacks. What decays or emits is not negative, each
/// peak is in its half of the spectrum, and no instrument shows a peak narrower than its resolution. That is taken to be
/// [`RESOLUTION`], which is more than the data say of the second peak.
pub const PARAMETERS: [Parameter; 9] = [
    Parameter { name: "decay", unit: "y", start: 97.0, lower: 0.0, upper: 150.0 },
    Parameter { name: "rate", unit: "1/x", start: 0.009, lower: 0.0, upper: 0.05 },
    Parameter { name: "height 1", unit: "y", start: 100.0, lower: 0.0, upper: 150.0 },
    Parameter { name: "centre 1", unit: "x", start: 65.0, lower: 0.0, upper: 125.0 },
    Parameter { name: "width 1", unit: "x", start: 20.0, lower: RESOLUTION, upper: 60.0 },
    Parameter { name: "height 2", unit: "y", start: 70.0, lower: 0.0, upper: 150.0 },
    Parameter { name: "centre 2", unit: "x", start: 178.0, lower: 125.0, upper: 250.0 },
    Parameter { name: "width 2", unit: "x", start: 16.5, lower: RESOLUTION, upper: 60.0 },
    Parameter { name: "background", unit: "y", start: 1.0, lower: 0.0, upper: 50.0 },
];

/// Which of them is the background.
pub const BACKGROUND: usize = 8;

/// The points (x, y) of the spectrum. As a [`VectorFormula`], their residuals in units of the noise.
pub struct Spectrum {
    pub points: Vec<(f64, f64)>,
    /// NIST's certified fit without a background: the other eight parameters, to 11 digits.
    pub certified: Vec<f64>,
}

impl Spectrum {
    /// Reads NIST's file: lines `b1 = start start certified deviation`, and data from line 61, y before x.
    pub fn read() -> Self {
        let text = include_str!("../../data/nist/Gauss1.dat");
        let numbers = |line: &str| -> Vec<f64> {
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
        };
        let (header, data) = (text.lines().take(60), text.lines().skip(60));
        let rows = header
            .filter_map(|line| line.trim_start().strip_prefix('b')?.split_once('='))
            .map(|(_, row)| numbers(row));
        let pairs = data.map(numbers).filter(|row| row.len() == 2);
        Self {
            certified: rows.filter(|row| row.len() == 4).map(|row| row[2]).collect(),
            points: pairs.map(|row| (row[1], row[0])).collect(),
        }
    }

    /// The problem of the fit without bounds. Its cost is ½ χ² = ½ Σ ((y - model) / σ)².
    pub fn free(&self) -> SumOfSquares<AutoDiff<&Self>> {
        SumOfSquares::new(AutoDiff(self))
    }

    /// The same within bounds.
    pub fn within(&self, bounds: Bounds) -> Bounded<SumOfSquares<AutoDiff<&Self>>> {
        Bounded(self.free(), bounds)
    }

    /// The residuals in units of the noise, at each x.
    pub fn residuals(&self, b: &[f64]) -> Vec<(f64, f64)> {
        self.points.iter().map(|&(x, y)| (x, (y - curve(x, b)) / NOISE)).collect()
    }
}

impl VectorFormula for Spectrum {
    fn dimension(&self) -> usize {
        PARAMETERS.len()
    }

    fn length(&self) -> usize {
        self.points.len()
    }

    fn values<R: Real>(&self, b: &[Num<R>], residuals: &mut [Num<R>]) {
        for (r, &(x, y)) in residuals.iter_mut().zip(&self.points) {
            *r = (y - model(x, b)) / NOISE;
        }
    }
}

/// The model's y at x: a decay, two peaks and a constant background.
fn model<R: Real>(x: f64, b: &[Num<R>]) -> Num<R> {
    let peak = |i: usize| b[i] * (-((x - b[i + 1]) / b[i + 2]).powi(2)).exp();
    b[0] * (-b[1] * x).exp() + peak(2) + peak(5) + b[BACKGROUND]
}

/// The same in plain numbers.
pub fn curve(x: f64, b: &[f64]) -> f64 {
    let b: Vec<Num<f64>> = b.iter().map(|&b| Num::from(b)).collect();
    model(x, &b).value()
}

/// The bounds of the parameters.
pub fn bounds() -> Result<Bounds, Error> {
    let [lower, upper] = [|p: &Parameter| p.lower, |p: &Parameter| p.upper]
        .map(|end| PARAMETERS.iter().map(end).collect::<Vec<_>>());
    Bounds::new(lower, upper)
}

/// The start, moved into the bounds.
pub fn start(bounds: &Bounds) -> DVector<f64> {
    let mut start = DVector::from_iterator(PARAMETERS.len(), PARAMETERS.iter().map(|p| p.start));
    bounds.project(&mut start);
    start
}
