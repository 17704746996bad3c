//! Which method finds the lowest of many minima, how often, and at what cost?
//!
//! ```text
//! cargo run --release -p extremum-gallery --example global                                   all methods on Rastrigin's function, n = 10
//! cargo run --release -p extremum-gallery --example global -- --function ackley --rotated    another function, rotated by the seed
//! cargo run --release -p extremum-gallery --example global -- --solver CmaEs-BIPOP --csv     one method, a row for each seed
//! ```
//!
//! The seed shifts the function within its box and draws the start in the box. A run has solved the function when it has
//! evaluated a cost within 1e-8 of the minimum; a gradient counts as n costs. The table shows the share of runs that did,
//! with Wilson's 95 % interval, and the expected running time: all evaluations divided by the number of successes.
//! The plot shows, against evaluations, the share of all pairs of a run and a gap from 100 to 1e-8 that were reached.

#[path = "global/arguments.rs"]
mod arguments;
#[path = "global/ecdf.rs"]
mod ecdf;
#[path = "global/methods.rs"]
mod methods;
#[path = "global/runs.rs"]
mod runs;
#[path = "global/table.rs"]
mod table;

use std::error::Error;
use std::process::ExitCode;

use arguments::Arguments;
use extremum_gallery as drawing;
use indicatif::{ProgressBar, ProgressStyle};
use methods::methods;
use runs::{Outcome, run};

/// A method with the results of its runs.
struct Row {
    name: &'static str,
    outcomes: Vec<Outcome>,
}

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| compare(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.csv {
        println!("function,n,solver,seed,solved,evaluations,best_gap,milliseconds");
    }
    let style =
        ProgressStyle::with_template("{msg:<32} {bar:40} {pos:>4} of {len} runs, {eta} to go")?;
    let names: Vec<_> = methods(arguments, 0).into_iter().map(|method| method.name).collect();
    let bar = ProgressBar::new(names.len() as u64 * arguments.seeds).with_style(style);
    let mut rows = Vec::new();
    for (k, &name) in names.iter().enumerate() {
        let mut outcomes = Vec::new();
        for seed in 0..arguments.seeds {
            bar.set_message(format!("{name}, seed {seed}"));
            let method = methods(arguments, seed).swap_remove(k);
            let outcome =
                run(&method, arguments, seed).map_err(|error| format!("{name}: {error}"))?;
            if arguments.csv {
                let Outcome { solved, evaluations, gap, milliseconds, .. } = &outcome;
                println!(
                    "{},{},{name},{seed},{solved},{evaluations},{gap:e},{milliseconds:.3}",
                    arguments.label(),
                    arguments.dimension
                );
            }
            outcomes.push(outcome);
            bar.inc(1);
        }
        rows.push(Row { name, outcomes });
    }
    bar.finish_and_clear();
    if !arguments.csv {
        table::print(arguments, &rows);
        std::fs::create_dir_all(&arguments.out)?;
        let file = arguments.out.join(format!("{}-{}.svg", arguments.label(), arguments.dimension));
        ecdf::draw(&file, arguments, &rows)?;
        println!("\nshares of gaps reached in {}", drawing::relative(&file).display());
    }
    Ok(())
}
