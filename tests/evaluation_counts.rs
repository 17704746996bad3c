//! Evaluations against those of other implementations. The figures of SciPy 1.17.1 (exact gradients, |g|∞ ≤ 1e-6,
//! runs that it did not finish left out) are those of its `minimize` with BFGS, CG, L-BFGS-B (ftol 0) and trust-exact.

use extremum::functions::{self, TestFunction, residuals};
use extremum::line_search::{HagerZhang, LineSearch, MoreThuente};
use extremum::stop::{gradient_norm, max_evaluations};
use extremum::{
    Bfgs, ConjugateGradient, DVector, Descent, Lbfgs, Minimizer, Newton, Problem, Solution, Solver,
};

struct Row {
    name: &'static str,
    problem: Box<dyn Problem>,
    start: DVector<f64>,
    bfgs: Option<f64>,
    cg: Option<f64>,
    lbfgs: Option<f64>,
    newton: Option<f64>,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut push = |f: TestFunction, counts: [f64; 4]| {
        let [bfgs, cg, lbfgs, newton] = counts.map(|c| (c > 0.0).then_some(c));
        let start = f.start().clone();
        rows.push(Row { name: "", problem: Box::new(f), start, bfgs, cg, lbfgs, newton });
    };
    push(residuals::Rosenbrock.into(), [40., 80., 45., 25.]);
    push(residuals::PowellBadlyScaled.into(), [191., 145., 0., 114.]);
    push(residuals::BrownBadlyScaled.into(), [27., 0., 27., 1010.]);
    push(residuals::Beale.into(), [17., 46., 16., 8.]);
    push(residuals::Bard.into(), [24., 37., 25., 14.]);
    push(residuals::JennrichSampson.into(), [49., 0., 0., 0.]);
    push(residuals::Wood.into(), [106., 172., 115., 43.]);
    push(residuals::KowalikOsborne.into(), [36., 120., 36., 9.]);
    push(residuals::BrownDennis.into(), [39., 0., 23., 0.]);
    push(residuals::BiggsExp6.into(), [47., 265., 44., 38.]);
    push(residuals::Watson::new(6).unwrap().into(), [40., 1101., 60., 12.]);
    push(residuals::Watson::new(9).unwrap().into(), [90., 9879., 360., 12.]);
    push(residuals::Watson::new(12).unwrap().into(), [51., 1529., 229., 13.]);
    push(residuals::PenaltyOne::new(10).unwrap().into(), [117., 282., 63., 47.]);
    push(residuals::VariablyDimensioned::new(10).unwrap().into(), [22., 0., 20., 14.]);
    let mut push = |f: Box<dyn Problem>, start: DVector<f64>, counts: [f64; 4]| {
        let [bfgs, cg, lbfgs, newton] = counts.map(|c| (c > 0.0).then_some(c));
        rows.push(Row { name: "", problem: f, start, bfgs, cg, lbfgs, newton });
    };
    use functions::large::*;
    let f = ChainedRosenbrock::new(100).unwrap();
    let s = f.start();
    push(Box::new(f), s, [648., 1982., 631., 0.]);
    let f = ExtendedRosenbrock::new(1000).unwrap();
    let s = f.start();
    push(Box::new(f), s, [0., 64., 45., 0.]);
    let f = ExtendedPowell::new(1000).unwrap();
    let s = f.start();
    push(Box::new(f), s, [0., 97., 43., 0.]);
    let f = Engval1::new(1000).unwrap();
    let s = f.start();
    push(Box::new(f), s, [0., 48., 23., 0.]);
    let f = DixmaanA::new(3000).unwrap();
    let s = f.start();
    push(Box::new(f), s, [0., 11., 13., 0.]);
    rows
}

fn solve<S: Solver>(row: &Row, solver: S) -> Solution {
    let budget = if row.problem.dimension() > 100
        && (solver.name() == "Newton" || solver.name() == "Bfgs")
    {
        0
    } else {
        20_000
    };
    Minimizer::new(&row.problem, solver, &row.start)
        .stop_when(gradient_norm(1e-6).or(max_evaluations(budget)))
        .run()
        .unwrap()
}

#[test]
fn probe() {
    macro_rules! go {
        ($search:expr, $label:expr) => {{
            let mut logs = [0.0_f64; 4];
            let mut k = [0; 4];
            for row in rows() {
                let mut line = String::new();
                let runs = [
                    (row.bfgs, solve(&row, Bfgs::default().line_search($search).clone()), 0),
                    (row.cg, solve(&row, ConjugateGradient::default().line_search($search)), 1),
                    (row.lbfgs, solve(&row, Lbfgs::default().line_search($search)), 2),
                    (row.newton, solve(&row, Newton::default().line_search($search)), 3),
                ];
                for (reference, found, i) in runs {
                    let count = match i {
                        0 | 2 => found.evaluations.cost.max(found.evaluations.gradient),
                        1 => found.evaluations.gradient,
                        _ => found.evaluations.hessian,
                    } as f64;
                    let ok = found.termination.is_converged();
                    line += &format!(
                        " {:>6}/{:<6}{}",
                        count,
                        reference.unwrap_or(f64::NAN),
                        if ok { ' ' } else { '!' }
                    );
                    if let Some(r) = reference
                        && ok
                    {
                        logs[i] += (count / r).ln();
                        k[i] += 1;
                    }
                }
                println!("{} {line}", row.problem.dimension());
            }
            println!(
                "{} {:?}",
                $label,
                (0..4).map(|i| (logs[i] / k[i] as f64).exp()).collect::<Vec<_>>()
            );
        }};
    }
    go!(HagerZhang::default(), "HZ");
    go!(MoreThuente::default(), "MT");
}
