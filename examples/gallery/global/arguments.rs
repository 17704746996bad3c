//! The command line.

use std::error::Error;
use std::path::PathBuf;

use extremum::Bounds;
use extremum::functions::global::{self, GlobalFunction};

use super::{drawing, methods::methods};

const USAGE: &str = "usage: global [--function NAME] [--dimension N] [--seeds K] [--budget B] [--solver NAME] [--csv]
              [--rotated] [--no-shift] [--box HALF-WIDTH] [--no-bounds] [--scale S] [--out DIR]";

pub struct Arguments {
    pub function: String,
    pub dimension: usize,
    pub seeds: u64,
    pub budget: u64,
    pub solver: Option<String>,
    pub csv: bool,
    rotated: bool,
    shifted: bool,
    half_width: Option<f64>,
    bounded: bool,
    pub scale: Option<f64>,
    pub out: PathBuf,
}

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut this = Self {
            function: "rastrigin".to_owned(),
            dimension: 10,
            seeds: 20,
            budget: 100_000,
            solver: None,
            csv: false,
            rotated: false,
            shifted: true,
            half_width: None,
            bounded: true,
            scale: None,
            out: drawing::default_folder("global")?,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--function" => this.function = value()?,
                "--dimension" => this.dimension = number(&word, &value()?)? as usize,
                "--seeds" => this.seeds = number(&word, &value()?)?,
                "--budget" => this.budget = number(&word, &value()?)?,
                "--solver" => this.solver = Some(value()?),
                "--csv" => this.csv = true,
                "--rotated" => this.rotated = true,
                "--no-shift" => this.shifted = false,
                "--box" => this.half_width = Some(length(&word, &value()?)?),
                "--no-bounds" => this.bounded = false,
                "--scale" => this.scale = Some(length(&word, &value()?)?),
                "--out" => this.out = value()?.into(),
                other => return Err(format!("{other} is not an option\n{USAGE}").into()),
            }
        }
        if !this.bounded && this.scale.is_none() {
            return Err("--no-bounds needs a --scale to spread by".into());
        }
        this.problem(0)?;
        if let Some(name) = this.solver.take() {
            let all: Vec<_> = methods(&this, 0).iter().map(|method| method.name).collect();
            let known = all.iter().find(|known| known.eq_ignore_ascii_case(&name));
            let known =
                known.ok_or_else(|| format!("no solver {name}, only {}", all.join(", ")))?;
            this.solver = Some(known.to_string());
        }
        Ok(this)
    }

    /// The function to be minimised for a seed, and the box in which the starts are drawn.
    pub fn problem(&self, seed: u64) -> Result<(GlobalFunction, Bounds), extremum::Error> {
        let mut function = global::by_name(&self.function, self.dimension)?;
        let n = function.usual_bounds().dimension();
        let square = |half: f64| Bounds::new(vec![-half; n], vec![half; n]);
        let region = match self.half_width {
            Some(half) => square(half)?,
            None => function.usual_bounds().clone(),
        };
        if self.shifted {
            function = match self.half_width {
                Some(half) => function.shifted_within(seed, &square(0.8 * half)?)?,
                None => function.shifted(seed, 0.8)?,
            };
        }
        if self.rotated {
            function = function.rotated(seed);
        }
        function = if self.bounded {
            let [lower, upper] =
                [region.lower(), region.upper()].map(|corner| corner.as_slice().to_vec());
            function.with_bounds(lower, upper)?
        } else {
            function.without_bounds()
        };
        Ok((function, region))
    }

    /// The function's name with its transformations.
    pub fn label(&self) -> String {
        let turned = if self.rotated { "rotated-" } else { "" };
        format!("{turned}{}", self.function)
    }
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    // Notation like 1e5 is allowed.
    match value.parse::<f64>() {
        Ok(number) if (1.0..=1e12).contains(&number) && number.fract() == 0.0 => Ok(number as u64),
        _ => Err(format!("{option} takes a whole number from 1 to 1e12, not {value}")),
    }
}

fn length(option: &str, value: &str) -> Result<f64, String> {
    match value.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err(format!("{option} takes a positive number, not {value}")),
    }
}
