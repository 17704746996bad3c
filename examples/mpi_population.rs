//! A costly function minimised by all ranks of an MPI job:
//!
//! ```text
//! cargo build --release --example mpi_population --features mpi
//! mpirun -n 4 target/release/examples/mpi_population --sleep 5
//! ```
//!
//! | option | |
//! |---|---|
//! | `--sleep MS` | each cost takes this many milliseconds longer, as a simulation would |
//! | `--generations G` | number of generations, default 40 |
//! | `--checkpoint FILE` | written every 5 generations; if it exists, the run resumes from it |
//! | `--die K` | the last rank dies in its K-th cost, and the job with it: restart it from its checkpoint |
//! | `--islands` | one population per rank instead of one on all ranks |
//!
//! The function is the misfit of a predator-prey model, an ordinary differential equation with four rates and two
//! initial values, to the numbers of hare and lynx pelts bought by the Hudson's Bay Company from 1900 to 1920 (in thousands;
//! data as in E. P. Odum, "Fundamentals of Ecology", 1953).
//!
//! ```text
//! u' = a u - b u v,   v' = -c v + d u v,   f = Σ_years (ln u - ln hares)² + (ln v - ln lynxes)²
//! ```

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use extremum::mpi::{Islands, World};
use extremum::stop::max_iterations;
use extremum::{
    Bounds, Checkpoint, DVector, DifferentialEvolution, Minimizer, Population, Problem, Solver,
    from_fn,
};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const HARES: [f64; 21] = [
    30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1, 40.3, 57.0, 76.6, 52.3, 19.5,
    11.2, 7.6, 14.6, 16.2, 24.7,
];
const LYNXES: [f64; 21] = [
    4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4, 8.0, 12.3, 19.5, 45.7, 51.1, 29.7,
    15.8, 9.7, 10.1, 8.6,
];

/// The method, with a number of candidates that is a multiple of the number of ranks: 48 for six variables. Any other
/// population works here too.
fn method() -> impl Population + Solver {
    DifferentialEvolution::default()
}

fn main() -> Fallible<()> {
    let options = Options::read()?;
    let mut world = World::init()?;
    let calls = AtomicU64::new(0);
    let is_last = world.rank() + 1 == world.size();
    let problem = from_fn(6, |x| {
        if is_last && calls.fetch_add(1, Ordering::Relaxed) + 1 == options.die {
            std::process::abort();
        }
        std::thread::sleep(options.sleep);
        misfit(x)
    })
    // The logarithms of a, b, c, d and of both initial values.
    .with_bounds(Bounds::new(
        [-2.5, -6.0, -2.5, -6.0, 2.0, 0.0],
        [0.7, -2.0, 0.7, -2.0, 4.5, 3.0],
    )?);
    let x0 = [0.0, -4.0, 0.0, -4.0, HARES[0].ln(), LYNXES[0].ln()];

    let started = Instant::now();
    let found = if options.islands {
        let islands = Islands::new(method()).migrate_every(5).generations(options.generations);
        islands.run(&mut world, &problem, x0)?
    } else {
        world.run(&problem, |ranks| -> Fallible<_> {
            let terms = Minimizer::new(&problem, method(), x0)
                .stop_when(max_iterations(options.generations))
                .evaluate_with(ranks);
            let mut run = match &options.checkpoint {
                Some(file) if file.exists() => {
                    let checkpoint = Checkpoint::from_bytes(&std::fs::read(file)?)?;
                    terms.resume(checkpoint)?
                }
                _ => terms.start()?,
            };
            println!("from generation {}", run.progress().iteration);
            while run.step().is_continue() {
                if let Some(file) = &options.checkpoint
                    && run.progress().iteration % 5 == 0
                {
                    write(file, &run.checkpoint().to_bytes()?)?;
                }
            }
            Ok(run.finish())
        })?
    };
    // Ranks without a result are done.
    let Some(found) = found else { return Ok(()) };
    println!("{found}");
    println!("ranks {}", world.size());
    println!("cost {:.6} bits {:016x}", found.cost, found.cost.to_bits());
    println!("evaluations {}", found.evaluations.cost);
    println!("seconds {:.3}", started.elapsed().as_secs_f64());
    let work = found.evaluations.cost as f64
        * seconds_of_a_cost(&problem, &DVector::from_column_slice(&x0));
    let efficiency = work / (world.size() as f64 * found.elapsed.as_secs_f64());
    println!("efficiency {efficiency:.3}");
    let [a, b, c, d, u, v] = [0, 1, 2, 3, 4, 5].map(|i| found.x[i].exp());
    println!("rates {a:.3} {b:.4} {c:.3} {d:.4}, hares {u:.1} and lynxes {v:.1} in 1900");
    Ok(())
}

/// The sum of squared differences of logarithms, with sixteen steps per year of the fourth-order Runge-Kutta method.
fn misfit(x: &DVector<f64>) -> f64 {
    const STEPS: usize = 16;
    let h = 1.0 / STEPS as f64;
    let rates = [0, 1, 2, 3].map(|i| x[i].exp());
    let slope = |[u, v]: [f64; 2]| [(rates[0] - rates[1] * v) * u, (rates[3] * u - rates[2]) * v];
    let along = |[u, v]: [f64; 2], [du, dv]: [f64; 2], t: f64| [u + t * du, v + t * dv];
    let mut at = [x[4].exp(), x[5].exp()];
    let mut sum = 0.0;
    for (hares, lynxes) in HARES.iter().zip(LYNXES) {
        sum += (at[0] / hares).ln().powi(2) + (at[1] / lynxes).ln().powi(2);
        for _ in 0..STEPS {
            let k1 = slope(at);
            let k2 = slope(along(at, k1, h / 2.0));
            let k3 = slope(along(at, k2, h / 2.0));
            let k4 = slope(along(at, k3, h));
            let mean = |i: usize| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
            at = along(at, [mean(0), mean(1)], h);
        }
    }
    sum
}

/// The median of five.
fn seconds_of_a_cost(problem: &dyn Problem, x: &DVector<f64>) -> f64 {
    let mut seconds = [0; 5].map(|_| {
        let started = Instant::now();
        std::hint::black_box(problem.cost(x));
        started.elapsed().as_secs_f64()
    });
    seconds.sort_by(f64::total_cmp);
    seconds[2]
}

/// Writes a temporary file first: a job killed meanwhile leaves the previous checkpoint.
fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, file)
}

struct Options {
    sleep: Duration,
    generations: u64,
    checkpoint: Option<PathBuf>,
    die: u64,
    islands: bool,
}

impl Options {
    fn read() -> Fallible<Self> {
        let mut options = Self {
            sleep: Duration::ZERO,
            generations: 40,
            checkpoint: None,
            die: 0,
            islands: false,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--sleep" => {
                    options.sleep = Duration::from_secs_f64(value()?.parse::<f64>()? / 1e3)
                }
                "--generations" => options.generations = value()?.parse()?,
                "--checkpoint" => options.checkpoint = Some(value()?.into()),
                "--die" => options.die = value()?.parse()?,
                "--islands" => options.islands = true,
                _ => {
                    return Err(format!("{name} is no option; see the head of this example").into());
                }
            }
        }
        Ok(options)
    }
}
