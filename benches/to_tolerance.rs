//! Evaluations of L-BFGS with ten pairs until f − f* ≤ 1e-8 (f₀ − f*), in extremum and other libraries:
//!
//! ```text
//! cargo bench -p extremum-benches --bench to_tolerance   # -- --csv FILE
//! ```
//!
//! All run on the same problem objects, which count; f* is the lowest known minimum. A dash means that the cost was not
//! reached: within 2000 iterations (nlopt: 40000 evaluations), before the library stopped by its own rules, or because the run
//! ended at another local minimum. A library that asks for costs alone is charged the larger of its two counts. nlopt takes
//! part with the feature `nlopt`, SciPy when there is a `python3` that has it: it asks for its evaluations over pipes, so that
//! its time would say nothing.

use std::io::{self, BufWriter, Read, Write};
use std::process::{Command, Stdio};

use extremum::functions::{
    ChainedRosenbrock, Dixmaan, Dqdrtic, ExtendedPowell, ExtendedRosenbrock, Liarwhd, Power,
    TestFunction, Tridia, Woods, by_name, residuals,
};
use extremum::{DVector, Error, Problem};
use extremum_benches::Shared;
use extremum_benches::libraries::{LIBRARIES, Method, PAIRS, run};
use extremum_benches::report::Report;

const ITERATIONS: u64 = 2000;

fn problems() -> Result<Vec<TestFunction>, Error> {
    let named = ["Beale", "Wood", "Powell singular", "Helical valley", "Brown-Dennis"];
    let mut problems: Vec<TestFunction> =
        named.into_iter().map(|name| by_name(name).expect("it is one of the collection")).collect();
    for n in [2, 100, 1000] {
        problems.push(ExtendedRosenbrock::new(n)?.into());
    }
    for n in [10, 100] {
        problems.push(ChainedRosenbrock::new(n)?.into());
    }
    problems.push(residuals::Trigonometric::new(10)?.into());
    problems.push(residuals::VariablyDimensioned::new(10)?.into());
    problems.extend([
        ExtendedPowell::new(1000)?.into(),
        Tridia::new(100)?.into(),
        Tridia::new(1000)?.into(),
        Dqdrtic::new(1000)?.into(),
        Power::new(100)?.into(),
        Liarwhd::new(1000)?.into(),
        Woods::new(1000)?.into(),
        Dixmaan::new('I', 300)?.into(),
    ]);
    Ok(problems)
}

/// SciPy's L-BFGS-B.
fn scipy(problem: &dyn Problem, x0: &DVector<f64>) -> io::Result<()> {
    let n = x0.len();
    let numbers = [n, PAIRS, ITERATIONS as usize].map(|number| number.to_string());
    let mut child = Command::new("python3")
        .args(["-c", include_str!("scipy_lbfgsb.py")])
        .args(numbers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(sink), Some(mut source)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let mut sink = BufWriter::new(sink);
    let mut send = |numbers: &mut dyn Iterator<Item = f64>| {
        for number in numbers {
            sink.write_all(&number.to_le_bytes())?;
        }
        sink.flush()
    };
    let mut receive = |numbers: &mut [f64]| {
        let mut bytes = vec![0; 8 * numbers.len()];
        source.read_exact(&mut bytes)?;
        for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *number = f64::from_le_bytes(*bytes);
        }
        io::Result::Ok(())
    };
    send(&mut x0.iter().copied())?;
    let (mut x, mut gradient, mut request) = (DVector::zeros(n), DVector::zeros(n), [0.0]);
    loop {
        receive(&mut request)?;
        if request[0] == 0.0 {
            break;
        }
        receive(x.as_mut_slice())?;
        let cost = problem.cost_and_gradient(&x, &mut gradient);
        send(&mut std::iter::once(cost).chain(gradient.iter().copied()))?;
    }
    child.wait()?;
    Ok(())
}

/// nlopt's L-BFGS.
#[cfg(feature = "nlopt")]
fn nlopt(problem: &Shared<'_>, x0: &DVector<f64>) {
    use nlopt::{Algorithm, Nlopt, Target};
    let objective = |x: &[f64], gradient: Option<&mut [f64]>, problem: &mut &Shared<'_>| {
        let x = DVector::from_column_slice(x);
        let Some(given) = gradient else { return problem.cost(&x) };
        let mut gradient = DVector::zeros(x.len());
        let cost = problem.cost_and_gradient(&x, &mut gradient);
        given.copy_from_slice(gradient.as_slice());
        cost
    };
    let mut solver = Nlopt::new(Algorithm::Lbfgs, x0.len(), objective, Target::Minimize, problem);
    solver.set_vector_storage(Some(PAIRS)).expect("the number is valid");
    solver.set_maxeval(20 * ITERATIONS as u32).expect("the number is valid");
    // A failure shows in the counts.
    let _ = solver.optimize(&mut x0.as_slice().to_vec());
}

/// The costs and gradients of each library until the target; `None` when it was not reached.
fn row(problem: &TestFunction, has_scipy: bool) -> Vec<Option<(u64, u64)>> {
    let x0 = problem.start();
    let lowest = problem.known_minima()[0];
    let target = lowest + 1e-8 * (problem.cost(x0) - lowest);
    let counted = |run: &dyn Fn(&Shared<'_>)| {
        let shared = Shared::watching_cost(problem, target);
        run(&shared);
        shared.evaluations_to_tolerance()
    };
    let mut counts: Vec<_> = LIBRARIES
        .into_iter()
        .map(|library| {
            counted(&|shared| {
                run(library, Method::Lbfgs, shared, x0, (1e-12, ITERATIONS));
            })
        })
        .collect();
    #[cfg(feature = "nlopt")]
    counts.push(counted(&|shared| nlopt(shared, x0)));
    if has_scipy {
        counts.push(counted(&|shared| scipy(shared, x0).expect("SciPy answers")));
    }
    counts
}

fn main() -> Result<(), Error> {
    // `cargo test --benches` only checks that this runs.
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }
    let import = ["-c", "import scipy.optimize"];
    let python = Command::new("python3").args(import).stderr(Stdio::null()).status();
    let has_scipy = python.is_ok_and(|status| status.success());
    let mut libraries: Vec<_> = LIBRARIES.map(|library| library.name()).to_vec();
    if cfg!(feature = "nlopt") {
        libraries.push("nlopt");
    } else {
        println!("nlopt: not compiled in; give --features nlopt");
    }
    if has_scipy {
        libraries.push("SciPy");
    } else {
        println!("SciPy: not present");
    }
    let mut report = Report::from_arguments();
    let mut columns = vec!["problem", "n"];
    columns.extend(&libraries);
    report.header(&columns);
    let mut rows = Vec::new();
    for problem in &problems()? {
        let counts: Vec<_> = row(problem, has_scipy)
            .into_iter()
            .map(|reached| reached.map(|(costs, gradients)| costs.max(gradients)))
            .collect();
        let mut cells = vec![problem.name().to_owned(), problem.dimension().to_string()];
        cells.extend(counts.iter().map(|calls| calls.map_or("-".into(), |c| c.to_string())));
        report.row(&cells);
        rows.push(counts);
    }
    let solved = |k: usize| rows.iter().filter(|row| row[k].is_some()).count().to_string();
    let mut cells = vec!["reached".to_owned(), rows.len().to_string()];
    cells.extend((0..libraries.len()).map(solved));
    report.row(&cells);
    // Where every library reached the cost, so that the sums are comparable.
    let common: Vec<_> = rows.iter().filter(|row| row.iter().all(Option::is_some)).collect();
    let total = |k: usize| common.iter().filter_map(|row| row[k]).sum::<u64>().to_string();
    let mut cells = vec!["evaluations where all reached it".to_owned(), common.len().to_string()];
    cells.extend((0..libraries.len()).map(total));
    report.row(&cells);
    Ok(())
}
