//! Trains classifiers of handwritten digits by nine methods and compares their test accuracies.
//!
//! ```text
//! cargo run --release -p extremum-gallery --example train_digits                             every method, the mean over five seeds
//! cargo run --release -p extremum-gallery --example train_digits -- --method Adam --seeds 1  one method, once
//! cargo run --release -p extremum-gallery --example train_digits -- --epochs 100 --out DIR   longer, with the drawings elsewhere
//! ```
//!
//! Two models, logistic regression and a network of two layers, are trained on images of 8 × 8 pixels by each method
//! from the same starts, and tested twice: on a fifth of the images drawn at random, and on the last fifth of the file,
//! which was written by other people. Only the last epoch counts. The loss curves are drawn in target/train_digits.

#[path = "train_digits/digits.rs"]
mod digits;
#[path = "train_digits/layer.rs"]
mod layer;
#[path = "train_digits/logistic.rs"]
mod logistic;
#[path = "train_digits/methods.rs"]
mod methods;
#[path = "train_digits/model.rs"]
mod model;
#[path = "train_digits/network.rs"]
mod network;
#[path = "train_digits/plot.rs"]
mod plot;
#[path = "train_digits/table.rs"]
mod table;
#[path = "train_digits/train.rs"]
mod train;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use digits::Digits;
use extremum::Solver;
use extremum_gallery as drawing;
use logistic::Logistic;
use methods::{BATCH, methods};
use model::Model;
use network::{HIDDEN, Network};
use table::{Split, Table};
use train::PENALTY;

const USAGE: &str = "usage: train_digits [--method NAME] [--seeds N] [--epochs N] [--out DIR]";

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

struct Arguments {
    method: Option<String>,
    seeds: u64,
    epochs: u64,
    out: PathBuf,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let out = drawing::default_folder("train_digits")?;
        let mut arguments = Self { method: None, seeds: 5, epochs: 40, out };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value\n{USAGE}"));
            match word.as_str() {
                "--method" => arguments.method = Some(method(&value()?)?),
                "--seeds" => arguments.seeds = number(&word, &value()?)?,
                "--epochs" => arguments.epochs = number(&word, &value()?)?,
                "--out" => arguments.out = value()?.into(),
                other => return Err(format!("{other} is not an option\n{USAGE}").into()),
            }
        }
        Ok(arguments)
    }
}

fn method(name: &str) -> Result<String, String> {
    let names: Vec<_> = methods(1, 1, 0).iter().map(|method| method.solver.name()).collect();
    match names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) => Ok(known.to_string()),
        None => Err(format!("there is no method {name}, only {}", names.join(", "))),
    }
}

fn number(option: &str, value: &str) -> Result<u64, String> {
    match value.parse() {
        Ok(number @ 1..=10_000) => Ok(number),
        _ => Err(format!("{option} takes a number from 1 to 10000, not {value}")),
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(&arguments.out)?;
    let all = Digits::read()?;
    let random = (0..arguments.seeds).map(|seed| all.stratified(seed)).collect::<Result<_, _>>()?;
    let writers = (0..arguments.seeds).map(|_| all.other_writers()).collect();
    let splits = [
        Split { name: "test images drawn at random", id: "random", digits: random },
        Split { name: "test images by other writers", id: "writers", digits: writers },
    ];
    println!(
        "{} images, batches of {BATCH}, penalty {PENALTY}; means over seeds 0 to {}, of the last epoch",
        all.len(),
        arguments.seeds - 1
    );
    compare(&Logistic, "Logistic regression", "logistic", &splits, arguments)?;
    let title = format!("Network of two layers, {HIDDEN} hidden units");
    compare(&Network, &title, "network", &splits, arguments)
}

/// Trains a model by every method on every split.
fn compare<M: Model>(
    model: &M,
    title: &str,
    id: &str,
    splits: &[Split],
    arguments: &Arguments,
) -> Result<(), Box<dyn Error>> {
    println!("\n{title}, {} parameters", model.dimension());
    for split in splits {
        let table = Table::fill(model, split, arguments.epochs, arguments.method.as_deref())?;
        println!("\n  {}\n{table}", split.name);
        let file = arguments.out.join(format!("{id}-{}.svg", split.id));
        plot::draw(&file, &format!("{title}; {}", split.name), &table.rows)?;
        println!("  loss curves in {}", drawing::relative(&file).display());
    }
    Ok(())
}
