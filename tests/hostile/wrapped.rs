//! A problem as a careless user would write it: derivatives missing or wrong, calls that fail or are slow. Every call is
//! counted and checked.

use std::collections::HashSet;
use std::panic::panic_any;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use extremum::{
    Bounds, CancellationToken, DMatrix, DVector, Evaluations, Matrix, Problem, Structure, Sum,
};

use super::dice::{Dice, fraction, hash, mixed};
use super::faults::{Fault, Form, Planned};
use super::problems::Landscape;
use super::sums::{Counted, Terms};

/// What is minimised: the truth.
pub enum Model {
    Landscape(Landscape),
    Sum(Sum<Counted>),
}

impl Model {
    pub fn sum(terms: Terms) -> Self {
        Self::Sum(Sum::new(Counted { terms, calls: AtomicU64::new(0) }))
    }

    pub fn problem(&self) -> &dyn Problem {
        match self {
            Self::Landscape(landscape) => landscape,
            Self::Sum(sum) => sum,
        }
    }
}

/// What was seen of the calls.
#[derive(Default)]
pub struct Seen {
    /// The points of this step, by function.
    points: HashSet<(u8, u64)>,
    /// Calls at a point of the same step.
    pub repeated: u64,
    /// Points that are not finite, or outside the bounds.
    pub outside: u64,
}

/// True at one point of so many.
fn is_drawn(x: &DVector<f64>, one_of: u64) -> bool {
    hash(x.as_slice()) % one_of == 1
}

/// The problem as runs see it.
pub struct Hostile<'a> {
    pub model: &'a Model,
    pub form: Form,
    pub fault: Fault,
    pub bounds: Option<&'a Bounds>,
    pub token: CancellationToken,
    /// The call that cancels the run; 0: none.
    pub cancel_at: u64,
    calls: [AtomicU64; 4],
    terms_before: u64,
    seen: Mutex<Seen>,
}

impl<'a> Hostile<'a> {
    pub fn new(model: &'a Model, form: Form, fault: Fault, bounds: Option<&'a Bounds>) -> Self {
        let mut hostile = Self {
            model,
            form,
            fault,
            bounds,
            token: CancellationToken::new(),
            cancel_at: if let Fault::CancelAt(k) = fault { k } else { 0 },
            calls: [const { AtomicU64::new(0) }; 4],
            terms_before: 0,
            seen: Mutex::default(),
        };
        hostile.terms_before = hostile.terms();
        hostile
    }

    fn terms(&self) -> u64 {
        match self.model {
            Model::Sum(sum) => sum.terms().calls.load(Ordering::Relaxed),
            Model::Landscape(_) => 0,
        }
    }

    /// Costs, gradients, Hessians, products and terms as they were called.
    pub fn counts(&self) -> [u64; 5] {
        let [a, b, c, d] = self.calls.each_ref().map(|calls| calls.load(Ordering::Relaxed));
        [a, b, c, d, self.terms() - self.terms_before]
    }

    pub fn begin_step(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).points.clear();
    }

    pub fn seen(self) -> Seen {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, function: u8, x: &DVector<f64>) {
        self.calls[function as usize].fetch_add(1, Ordering::Relaxed);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_within = self.bounds.is_none_or(|bounds| bounds.contain(x));
        seen.outside += u64::from(!is_within || x.iter().any(|x| !x.is_finite()));
        seen.repeated += u64::from(!seen.points.insert((function, hash(x.as_slice()))));
    }

    /// Counts calls at x, and does what is due at them. True: they answer NaN.
    fn call(&self, functions: &[u8], x: &DVector<f64>) -> bool {
        functions.iter().for_each(|function| self.look(*function, x));
        let made: u64 = self.calls[..2].iter().map(|calls| calls.load(Ordering::Relaxed)).sum();
        let is_due = |k: u64| k <= made && k + functions.len() as u64 > made;
        if is_due(self.cancel_at) {
            self.token.cancel();
        }
        if let Fault::Slow(milliseconds) = self.fault {
            std::thread::sleep(Duration::from_millis(milliseconds));
        }
        let (is_panic, is_nan) = match self.fault {
            Fault::PanicAt(k) => (is_due(k), false),
            Fault::PanicAtSome(one_of) => (is_drawn(x, one_of), false),
            Fault::NanAt(k) => (false, is_due(k)),
            _ => (false, false),
        };
        if let (Model::Sum(sum), true) = (self.model, is_panic || is_nan) {
            // They are asked for all the same.
            sum.terms().count(sum.terms().terms.terms);
        }
        if is_panic {
            panic_any(Planned);
        }
        is_nan
    }

    /// The cost as the problem says it, where the true one is this.
    fn altered(&self, x: &DVector<f64>, cost: f64) -> f64 {
        match self.fault {
            Fault::NanAtSome(one_of) | Fault::PanicAtSome(one_of) if is_drawn(x, one_of) => {
                f64::NAN
            }
            Fault::InfinityAtSome(one_of) if is_drawn(x, one_of) => f64::INFINITY,
            _ => cost,
        }
    }

    /// The cost as the problem says it, uncounted: what panics or is interrupted aside.
    pub fn told_cost(&self, x: &DVector<f64>) -> f64 {
        self.altered(x, self.model.problem().cost(x))
    }

    /// The gradient as the problem says it, uncounted; what it leaves unwritten is as it was.
    pub fn told_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if self.fault == Fault::GradientNotWritten {
            return;
        }
        let mut right = DVector::zeros(x.len());
        self.model.problem().gradient(x, &mut right);
        match self.fault {
            Fault::GradientNegated => right.neg_mut(),
            Fault::GradientScaled(by) => right *= by,
            Fault::ComponentScaled(i, by) => right[i] *= by,
            Fault::ComponentNan(i) => right[i] = f64::NAN,
            Fault::GradientNanAtSome(one_of) if is_drawn(x, one_of) => right.fill(f64::NAN),
            Fault::GradientGarbage => {
                let mut dice = Dice::new(hash(x.as_slice()));
                right.iter_mut().for_each(|g| *g = dice.between(-1.0, 1.0));
            }
            Fault::ComponentNotWritten(i) => right[i] = gradient.get(i).copied().unwrap_or(0.0),
            Fault::GradientReplaced { length } => right = DVector::from_element(length, 0.5),
            _ => {}
        }
        *gradient = right;
    }
}

impl Problem for Hostile<'_> {
    fn dimension(&self) -> usize {
        self.model.problem().dimension()
    }
    fn cost(&self, x: &DVector<f64>) -> f64 {
        if self.call(&[0], x) { f64::NAN } else { self.told_cost(x) }
    }
    fn gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) {
        if self.call(&[1], x) {
            gradient.fill(f64::NAN);
        } else {
            self.told_gradient(x, gradient);
        }
    }
    fn cost_and_gradient(&self, x: &DVector<f64>, gradient: &mut DVector<f64>) -> f64 {
        if self.call(&[0, 1], x) {
            gradient.fill(f64::NAN);
            return f64::NAN;
        }
        match self.model {
            Model::Sum(sum) => {
                let cost = sum.cost_and_gradient(x, gradient);
                self.altered(x, cost)
            }
            Model::Landscape(_) => {
                self.told_gradient(x, gradient);
                self.told_cost(x)
            }
        }
    }
    fn hessian(&self, x: &DVector<f64>) -> Option<Matrix> {
        let n = x.len();
        let hessian = self.model.problem().hessian(x).filter(|_| self.form == Form::Hessian)?;
        self.look(2, x);
        let Matrix::Dense(mut hessian) = hessian else { return Some(hessian) };
        match self.fault {
            Fault::HessianNegated => hessian.neg_mut(),
            Fault::HessianNan => hessian[(n - 1, 0)] = f64::NAN,
            Fault::HessianGarbage => hessian.iter_mut().enumerate().for_each(|(i, h)| {
                *h = fraction(mixed(hash(x.as_slice()) ^ i as u64)) - 0.5;
            }),
            Fault::HessianHuge => {
                hessian = DMatrix::from_fn(n, n, |i, j| if i == j { 1e308 } else { 1.5e308 });
            }
            Fault::HessianOfSize(size) => hessian = DMatrix::identity(size, size),
            _ => {}
        }
        Some(hessian.into())
    }
    fn hessian_product(
        &self,
        x: &DVector<f64>,
        v: &DVector<f64>,
        product: &mut DVector<f64>,
    ) -> bool {
        let is_given =
            self.form == Form::Hessian && self.model.problem().hessian_product(x, v, product);
        if is_given {
            self.calls[3].fetch_add(1, Ordering::Relaxed);
        }
        if is_given && self.fault == Fault::HessianGarbage {
            product.iter_mut().for_each(|p| *p = -*p * fraction(hash(&[*p])));
        }
        is_given
    }
    fn bounds(&self) -> Option<&Bounds> {
        self.bounds
    }
    fn has_gradient(&self) -> bool {
        self.form != Form::Cost
    }
    fn structure(&self) -> Structure<'_> {
        self.model.problem().structure()
    }
}

/// The counts of a solution, in the order of [`Hostile::counts`].
pub fn counted(evaluations: &Evaluations) -> [u64; 5] {
    let Evaluations { cost, gradient, hessian, hessian_product, terms, .. } = *evaluations;
    [cost, gradient, hessian, hessian_product, terms]
}
