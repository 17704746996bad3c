//! BFGS: d = −H g, with H an inverse Hessian built from the steps.
//!
//! H⁺ = (I − ρ s y') H (I − ρ y s') + ρ s s', ρ = 1/s'y; Nocedal & Wright (2006), eq. 6.17. Written as
//! H⁺ = H + s w' + w s' with w = ½ ρ (1 + ρ y'Hy) s − ρ Hy it is a symmetric rank-two update.
//!
//! The update of one step and the products that the next one needs, Hy and Hg⁺, share one pass over the lower triangle:
//! an update is kept pending (`s`, `w`) until the matrix is read again. H⁺g⁺ follows from Hg⁺ by vectors alone.
//!
//! Self-scaling (Oren & Luenberger 1974; restricted to growth as in Al-Baali 1998): H ← √c H before the update, with
//! c = s'Bs / s'y, B = H⁻¹, where c > 1. Since Bs = −α g, s'Bs = −α² g'd costs nothing, and c = −α g'd / d'y. A departure:
//! only where c > 1 on the last five steps too. The first H is the inverse of the largest curvature, and where the others
//! are far below it, B overestimates them step after step; in a curved valley it does so on single steps, and a scaled H
//! then loses what it knew across the valley. H = size · M, so that scaling changes one number and not the matrix.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use super::steepest::descend;
use super::{Accepted, Descent, DescentState, Direction, Point, Proposal};
use crate::linalg::{self, Packed};
use crate::line_search::HagerZhang;
use crate::{Error, Matrix, Oracle, memory};

/// The method of Broyden, Fletcher, Goldfarb and Shanno.
///
/// **Method** d = −H g; H⁺ = (I − ρ s y') H (I − ρ y s') + ρ s s', ρ = 1/s'y. Before the first update H becomes
/// (s'y/y'y) I, unless an [initial Hessian](Bfgs::initial_hessian) was given. Where five steps in a row
/// showed less curvature than H implies, c = s'H⁻¹s / s'y > 1, H is multiplied by √c before the update.
///
/// **Needs** a gradient; n²/2 numbers of memory, at most 16 GiB (n = 65536), and one pass over
/// them per iteration. **Parameters** the line search
/// (default [`HagerZhang`]), [`initial_hessian`](Bfgs::initial_hessian), [`typical_x`](Descent::typical_x).
///
/// **Guarantee** superlinear convergence near a minimum with a positive definite Hessian; n steps on a quadratic with
/// exact searches.
///
/// ```
/// use extremum::{Bfgs, Minimizer, from_fn};
/// let problem = from_fn(2, |x| x[0] * x[0] + 5.0 * x[1] * x[1] + x[0] * x[1])
///     .with_gradient(|x, g| { g[0] = 2.0 * x[0] + x[1]; g[1] = 10.0 * x[1] + x[0]; });
/// let mut run = Minimizer::new(&problem, Bfgs::default(), [1.0, 2.0]).start()?;
/// while run.step().is_continue() {}
/// let inverse = run.state().inverse_hessian(); // of [[2, 1], [1, 10]]: [[10, −1], [−1, 2]] / 19
/// assert!((inverse[(0, 0)] - 10.0 / 19.0).abs() < 1e-4);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Nocedal & Wright (2006), algorithm 6.1 and eqs. 6.17, 6.20; Oren & Luenberger, Manag. Sci. 20 (1974)
/// 845-862; Al-Baali, Comput. Optim. Appl. 9 (1998) 191-203.
pub type Bfgs = Descent<InverseHessian>;

/// This many steps in a row must have shown less curvature than H implies before it is scaled.
const PERSISTENT: u32 = 5;

/// The direction of [`Bfgs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InverseHessian {
    initial_hessian: Option<Matrix>,
    self_scaling: bool,
}

impl Default for InverseHessian {
    fn default() -> Self {
        Self { initial_hessian: None, self_scaling: true }
    }
}

impl Default for Bfgs {
    fn default() -> Self {
        Descent::new(InverseHessian::default(), HagerZhang::default())
    }
}

impl Bfgs {
    /// The initial Hessian, n × n, symmetric and positive definite, in the variables of the problem. It is inverted
    /// once. Default: a multiple of the identity, determined by the first step.
    pub fn initial_hessian(self, hessian: impl Into<Matrix>) -> Self {
        let hessian = hessian.into();
        self.map_direction(|d| d.initial_hessian = Some(hessian))
    }

    /// Whether an H that is persistently too small is scaled up. Default: true; false is the textbook method.
    pub fn self_scaling(self, self_scaling: bool) -> Self {
        self.map_direction(|d| d.self_scaling = self_scaling)
    }
}

impl DescentState<BfgsMemory> {
    /// The approximate inverse Hessian, n × n, in the variables of the problem. In a fit it estimates the covariance of
    /// the parameters, up to a factor.
    pub fn inverse_hessian(&self) -> DMatrix<f64> {
        let memory = self.memory();
        let mut h = memory.m.to_dense();
        h.ger(1.0, &memory.s, &memory.w, 1.0);
        h.ger(1.0, &memory.w, &memory.s, 1.0);
        h *= memory.size;
        if let Some(scale) = &memory.scale {
            scale_both_sides(&mut h, scale);
        }
        h
    }
}

/// The memory of [`InverseHessian`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BfgsMemory {
    /// M without the last update; H = size · M.
    m: Packed,
    size: f64,
    /// The last update: M + s w' + w s'.
    s: DVector<f64>,
    w: DVector<f64>,
    y: DVector<f64>,
    /// M y.
    my: DVector<f64>,
    /// H⁺g⁺, the negative of the next direction.
    hg: DVector<f64>,
    knows: Knows,
    /// The number of steps in a row with s'Bs > s'y.
    overestimates: u32,
    /// `typical_x`, to return H in the variables of the problem.
    scale: Option<DVector<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Knows {
    /// H is undefined.
    Nothing,
    /// H is the caller's; `hg` is not known.
    InitialHessian,
    /// H has been updated, and `hg` belongs to the current point.
    Steps,
}

impl InverseHessian {
    /// The inverse of the initial Hessian, when it has one.
    fn initial_inverse(&self, n: usize) -> Option<DMatrix<f64>> {
        let mut dense = DMatrix::zeros(n, n);
        self.initial_hessian.as_ref().filter(|h| h.shape() == (n, n))?.write_to(&mut dense);
        dense.cholesky().map(|factor| factor.inverse())
    }
}

/// A ← diag(t) A diag(t).
fn scale_both_sides(a: &mut DMatrix<f64>, t: &DVector<f64>) {
    for (mut column, t_j) in a.column_iter_mut().zip(t) {
        column *= *t_j;
        column.component_mul_assign(t);
    }
}

impl Direction for InverseHessian {
    type Memory = BfgsMemory;

    fn name(&self) -> &'static str {
        "Bfgs"
    }

    fn check(&self, n: usize) -> Result<(), Error> {
        memory::check_pairs(self.name(), n, 0.5)?;
        let Some(hessian) = &self.initial_hessian else { return Ok(()) };
        if hessian.shape() != (n, n) {
            let actual = hessian.rows();
            return Err(Error::Dimension { what: "initial_hessian", expected: n, actual });
        }
        if self.initial_inverse(n).is_none() {
            return Err(Error::Parameter {
                name: "initial_hessian",
                value: f64::NAN,
                range: "positive definite",
            });
        }
        Ok(())
    }

    fn start(
        &self,
        _problem: &mut Oracle<'_>,
        n: usize,
        scale: Option<&DVector<f64>>,
    ) -> BfgsMemory {
        let zeros = || DVector::zeros(n);
        let mut m = Packed::zeros(n);
        let initial = self.initial_inverse(n).map(|mut inverse| {
            if let Some(scale) = scale {
                scale_both_sides(&mut inverse, &scale.map(f64::recip));
            }
            m.copy_from(&inverse);
        });
        BfgsMemory {
            m,
            size: 1.0,
            s: zeros(),
            w: zeros(),
            y: zeros(),
            my: zeros(),
            hg: zeros(),
            knows: if initial.is_some() { Knows::InitialHessian } else { Knows::Nothing },
            overestimates: 0,
            scale: scale.cloned(),
        }
    }

    fn is_valid(&self, memory: &BfgsMemory, n: usize) -> bool {
        let vectors = [&memory.s, &memory.w, &memory.y, &memory.my, &memory.hg];
        memory.m.is_valid(n)
            && memory.size > 0.0
            && memory.size.is_finite()
            && vectors.iter().all(|v| v.len() == n)
            && memory.scale.as_ref().is_none_or(|s| s.len() == n)
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut BfgsMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        let BfgsMemory { m, s, w, my, hg, knows, .. } = memory;
        match knows {
            Knows::Nothing => return descend(at.gradient, d),
            Knows::InitialHessian => {
                // Nothing has been scaled yet: M is H.
                m.update_and_multiply([s, w], [at.gradient, at.gradient], [my, hg]);
                *knows = Knows::Steps;
            }
            Knows::Steps => {}
        }
        for (d, hg) in d.as_mut_slice().iter_mut().zip(hg.as_slice()) {
            *d = -hg;
        }
        let (slope, max) = linalg::dot_and_max(d.as_slice(), at.gradient.as_slice());
        Proposal { slope, max, scaled: true, curvature: None }
    }

    fn update(&self, memory: &mut BfgsMemory, step: Accepted<'_>) {
        let Accepted { alpha, d, old, new } = step;
        let BfgsMemory { m, size, s, w, y, my, hg, knows, overestimates, .. } = memory;
        for ((y, new), old) in y.as_mut_slice().iter_mut().zip(new.as_slice()).zip(old.as_slice()) {
            *y = new - old;
        }
        let vectors = [d.as_slice(), y.as_slice(), old.as_slice()];
        let [dy, dd, yy, dg] = linalg::sums(vectors, |[d, y, old]| [d * y, d * d, y * y, d * old]);
        // s'Bs / s'y, when H is more than a guess.
        let mut excess = -alpha * dg / dy;
        if *knows == Knows::Nothing {
            // Nocedal & Wright, eq. 6.20: the size of the true inverse Hessian along the first step.
            let guess = alpha * dy / yy;
            m.set_diagonal(|_| if guess > 0.0 && guess.is_finite() { guess } else { alpha });
            s.fill(0.0);
            w.fill(0.0);
            (*size, excess) = (1.0, 1.0);
        }
        m.update_and_multiply([s, w], [y, new], [my, hg]);
        *knows = Knows::Steps;
        // A step along which the slope did not rise (beyond rounding) gives no curvature.
        if dy <= f64::EPSILON * (dd * yy).sqrt() {
            s.fill(0.0);
            w.fill(0.0);
            *hg *= *size;
            return;
        }
        *overestimates = if excess > 1.0 { overestimates.saturating_add(1) } else { 0 };
        if self.self_scaling && *overestimates >= PERSISTENT && (*size * excess.sqrt()).is_finite()
        {
            *size *= excess.sqrt();
        }
        let sy = alpha * dy;
        let [ymy] = linalg::sums([y.as_slice(), my.as_slice()], |[y, my]| [y * my]);
        let along_s = 0.5 * (size.recip() + ymy / sy) / sy;
        let vectors = s.as_mut_slice().iter_mut().zip(w.as_mut_slice());
        for (((s, w), d), my) in vectors.zip(d.as_slice()).zip(my.as_slice()) {
            *s = alpha * d;
            *w = along_s * *s - my / sy;
        }
        let [sg, wg] = linalg::dot2(new.as_slice(), s.as_slice(), w.as_slice());
        for ((hg, s), w) in hg.as_mut_slice().iter_mut().zip(s.as_slice()).zip(w.as_slice()) {
            *hg = *size * (*hg + (wg * s + sg * w));
        }
    }

    fn reset(&self, memory: &mut BfgsMemory, _moved: bool) -> bool {
        std::mem::replace(&mut memory.knows, Knows::Nothing) != Knows::Nothing
    }
}
