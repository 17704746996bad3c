//! Two networks trained on 1797 handwritten digits, with gradients by candle and steps by extremum.
//!
//! ```text
//! cargo run --release -p extremum-deep-learning
//! cargo run --release -p extremum-deep-learning -- classify --seeds 1 --epochs 5
//! cargo run --release -p extremum-deep-learning -- autoencode --out sheets
//! ```
//!
//! `classify` trains a convolutional network for each seed and each of two splits, and prints the accuracies on the test
//! images after the last epoch; the test images influence no choice. `autoencode` trains a variational autoencoder and
//! writes two sheets of images, `reconstructions.png` and `samples.png`. Without either word both run. The same seeds give
//! the same figures.
//!
//! | file | |
//! |---|---|
//! | `flat.rs` | the bridge: candle's variables as one vector, moved by an update rule |
//! | `layers.rs`, `convolution.rs` | layers, with initial values by seed |
//! | `classifier.rs`, `distortion.rs` | the convolutional network and its training images |
//! | `autoencoder.rs`, `sheet.rs` | the variational autoencoder and its pictures |
//! | `data.rs`, `random.rs`, `threads.rs` | the digits, the random numbers, the threads |

mod arguments;
mod autoencoder;
mod classifier;
mod convolution;
mod data;
mod distortion;
mod flat;
mod layers;
mod random;
mod sheet;
mod threads;

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use arguments::Arguments;
use autoencoder::{Autoencoder, Figures};
use data::{Digits, Image};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    if let Some(code) = threads::restart_with_one_thread()? {
        return Ok(code);
    }
    let digits = Digits::read()?;
    if arguments.classify {
        classify(&digits, &arguments)?;
    }
    if arguments.autoencode {
        autoencode(&digits, &arguments)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Trains a network for each seed and split, and prints the table of their accuracies.
fn classify(digits: &Digits, arguments: &Arguments) -> Result<()> {
    let epochs = arguments.epochs.unwrap_or(classifier::EPOCHS);
    let runs = 2 * arguments.seeds as usize;
    let bar = ProgressBar::new(runs as u64 * epochs).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} epochs, {eta} to go, loss {msg}",
    )?);
    let results = threads::side_by_side(runs, |run| {
        let seed = run as u64 / 2;
        let split = if run % 2 == 0 { digits.stratified(seed)? } else { digits.other_writers() };
        let start = Instant::now();
        let accuracy = classifier::train_and_test(digits, &split, seed, epochs, |loss| {
            bar.set_message(format!("{loss:.3}"));
            bar.inc(1);
        })?;
        Ok((accuracy, start.elapsed()))
    })?;
    bar.finish_and_clear();

    println!("Convolutional network, test accuracy in percent after {epochs} epochs\n");
    println!("seed     shuffled     time    other writers     time");
    for (seed, pair) in results.chunks(2).enumerate() {
        print_row(&seed.to_string(), pair[0], pair[1]);
    }
    let mean = |column: usize| {
        let (accuracies, times): (Vec<f64>, Vec<Duration>) =
            results.iter().skip(column).step_by(2).copied().unzip();
        let count = accuracies.len();
        (
            accuracies.iter().sum::<f64>() / count as f64,
            times.iter().sum::<Duration>() / count as u32,
        )
    };
    print_row("mean", mean(0), mean(1));
    println!();
    Ok(())
}

fn print_row(name: &str, shuffled: (f64, Duration), writers: (f64, Duration)) {
    println!(
        "{name:4} {:12.2} {:6.1} s {:16.2} {:6.1} s",
        100.0 * shuffled.0,
        shuffled.1.as_secs_f64(),
        100.0 * writers.0,
        writers.1.as_secs_f64(),
    );
}

/// Trains the autoencoder, prints its losses by epoch, and writes the two sheets.
fn autoencode(digits: &Digits, arguments: &Arguments) -> Result<()> {
    const COLUMNS: usize = 16;
    let epochs = arguments.epochs.unwrap_or(autoencoder::EPOCHS);
    let seed = 0;
    let split = digits.other_writers();
    let take =
        |numbers: &[usize]| -> Vec<Image> { numbers.iter().map(|&i| digits.images[i]).collect() };
    let (images, unseen) = (take(&split.train), take(&split.test));

    println!(
        "Variational autoencoder: root mean square error of a pixel (paper 0, ink 1); nats per image\n"
    );
    println!("          training images              other writers");
    println!("epoch    error     KL   -ELBO      error     KL   -ELBO");
    let start = Instant::now();
    let row = |figures: Figures| {
        format!("{:8.4} {:6.2} {:7.2}", figures.error.sqrt(), figures.divergence, figures.loss)
    };
    let network = Autoencoder::train(&images, &unseen, seed, epochs, |epoch, during, after| {
        println!("{epoch:5} {}   {}", row(during), row(after));
    })?;
    println!("\n{epochs} epochs in {:.1} s", start.elapsed().as_secs_f64());

    fs::create_dir_all(&arguments.out)?;
    let mut rows = Vec::new();
    for originals in unseen[..4 * COLUMNS].chunks(COLUMNS) {
        rows.push(originals.to_vec());
        rows.push(network.reconstruct(originals)?);
    }
    let path = arguments.out.join("reconstructions.png");
    sheet::write(&path, &rows, 2)?;
    println!("{}: digits by other writers, each above its reconstruction", path.display());
    let samples = network.sample(8 * COLUMNS, seed)?;
    let rows: Vec<Vec<Image>> = samples.chunks(COLUMNS).map(<[Image]>::to_vec).collect();
    let path = arguments.out.join("samples.png");
    sheet::write(&path, &rows, rows.len())?;
    println!("{}: generated digits", path.display());
    Ok(())
}
