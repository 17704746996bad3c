//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

const USAGE: &str = "usage: extremum-deep-learning [classify | autoencode] [--seeds N] [--epochs N] [--out DIRECTORY]";

pub struct Arguments {
    pub classify: bool,
    pub autoencode: bool,
    /// Networks of the classifier, seeds 0, 1, ...
    pub seeds: u64,
    /// In place of each network's default.
    pub epochs: Option<u64>,
    pub out: PathBuf,
}

impl Arguments {
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let out = PathBuf::from("target/deep_learning");
        let mut arguments = Self { classify: true, autoencode: true, seeds: 5, epochs: None, out };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "classify" => arguments.autoencode = false,
                "autoencode" => arguments.classify = false,
                "--seeds" => arguments.seeds = at_least_one(&value()?)?,
                "--epochs" => arguments.epochs = Some(at_least_one(&value()?)?),
                "--out" => arguments.out = value()?.into(),
                other => return Err(format!("{other} is not an option\n{USAGE}")),
            }
        }
        Ok(arguments)
    }
}

fn at_least_one(word: &str) -> Result<u64, String> {
    u64::from_str(word)
        .ok()
        .filter(|&n| n >= 1)
        .ok_or(format!("{word} is not a number from 1\n{USAGE}"))
}
