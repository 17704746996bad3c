//! L-BFGS-B: the quasi-Newton method within bounds, d = x̄ − x with x̄ a minimum of the quadratic model.
//!
//! First the generalized Cauchy point, the first minimum of the model along P(x − t g) ([`cauchy`]), which decides the
//! variables that are at a bound; then the minimum over the others ([`subspace`]), projected into the bounds. The model's
//! matrix is that of L-BFGS in its compact form ([`compact`]). Where no bound is in the way, x̄ = x − H g as in L-BFGS.
//!
//! Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16 (1995) 1190-1208, with the projected subspace step of Morales & Nocedal,
//! ACM Trans. Math. Softw. 38 (2011) 7:1-7:4.

mod cauchy;
mod compact;
mod room;
mod subspace;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use self::cauchy::{CauchyPoint, Path};
use self::compact::{Compact, Products};
use self::room::{Room, Rooms};
use self::subspace::Subspace;
use super::lbfgs::LbfgsMemory;
use super::steepest::{descend, descend_within, relative_step};
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::linalg;
use crate::line_search::HagerZhang;
use crate::{Domain, Error, Oracle};

/// The limited-memory BFGS method within bounds, known as L-BFGS-B.
///
/// **Method** x⁺ = x + α (x̄ − x), α ≤ 1, where x̄ minimises f + g'd + ½ d'B d with the variables that the generalized Cauchy
/// point leaves free, projected into the [bounds](crate::Problem::bounds); B is the matrix of L-BFGS, made of the last m pairs
/// s = x⁺ − x, y = g⁺ − g. Without bounds the directions are those of [`Lbfgs`](crate::Lbfgs).
///
/// **Needs** a gradient; 2m + 13 vectors of memory; 8mn multiply-adds an iteration, or 10mn + 4m²b + 14m³ where b variables
/// are at bounds. **Parameters** [`memory`](Lbfgsb::memory) m (default 10), the line search (default [`HagerZhang`]),
/// [`typical_x`](Descent::typical_x).
///
/// **Guarantee** nothing is evaluated outside the bounds, and the run converges by the norm of the projected gradient, P(x − g)
/// − x. The variables at bounds at a nondegenerate minimum are found after finitely many iterations.
///
/// ```
/// use extremum::{Bounds, Lbfgsb, from_fn, minimize};
/// // Problem 2 of Hock and Schittkowski (1981).
/// let problem = from_fn(2, |x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2))
///     .with_gradient(|x, g| {
///         let t = x[1] - x[0] * x[0];
///         g[0] = -400.0 * t * x[0] - 2.0 * (1.0 - x[0]);
///         g[1] = 200.0 * t;
///     })
///     .with_bounds(Bounds::unbounded(2).limit(1, 1.5..)?);
/// let found = minimize(&problem, Lbfgsb::default(), [2.0, 1.5])?;
/// assert!((found.cost - 0.0504261879).abs() < 1e-9 && found.x[1] == 1.5);
/// # Ok::<(), extremum::Error>(())
/// ```
///
/// **References** Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16 (1995) 1190-1208; Zhu, Byrd, Lu & Nocedal, ACM Trans. Math.
/// Softw. 23 (1997) 550-560; Morales & Nocedal, ACM Trans. Math. Softw. 38 (2011) 7:1-7:4.
pub type Lbfgsb = Descent<ProjectedLimitedMemory>;

/// The direction of [`Lbfgsb`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectedLimitedMemory {
    memory: usize,
}

impl Default for ProjectedLimitedMemory {
    fn default() -> Self {
        Self { memory: 10 }
    }
}

impl Default for Lbfgsb {
    fn default() -> Self {
        Descent::new(ProjectedLimitedMemory::default(), HagerZhang::default())
    }
}

impl Lbfgsb {
    /// The number m of pairs to keep. Range: 1 to 200. Default: 10.
    pub fn memory(self, pairs: usize) -> Self {
        self.map_direction(|d| d.memory = pairs)
    }
}

/// The memory of [`ProjectedLimitedMemory`]: that of L-BFGS, and the products that the model depends on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LbfgsbMemory {
    free: LbfgsMemory,
    products: Products,
    /// Made again after a checkpoint.
    #[serde(skip)]
    work: Option<Work>,
}

#[derive(Clone, Debug)]
struct Work {
    compact: Compact,
    path: Path,
    subspace: Subspace,
    /// Coefficients of d on sᵢ and yᵢ.
    on: [Vec<f64>; 2],
    /// sᵢ'd and yᵢ'd of the last step.
    along: Vec<[f64; 2]>,
}

impl Work {
    /// Room for n variables and m pairs.
    fn new(n: usize, m: usize) -> Self {
        Self {
            compact: Compact::new(m),
            path: Path::new(n, m),
            subspace: Subspace::new(m),
            on: [(); 2].map(|()| vec![0.0; m]),
            along: vec![[0.0; 2]; m],
        }
    }
}

impl LbfgsbMemory {
    /// Writes x̄ − x. `None` where rounding left no direction.
    fn propose(&mut self, m: usize, rooms: Rooms<'_>, d: &mut DVector<f64>) -> Option<Proposal> {
        // Within the bounds the minimum without them is the minimum.
        if !rooms.iter().any(Room::is_held) {
            let proposal = self.free.multiply(rooms.at.gradient, d);
            if d.iter().zip(rooms.iter()).all(|(d, room)| room.least <= *d && *d <= room.most) {
                return Some(proposal);
            }
        }
        let Self { free: LbfgsMemory { pairs, length, .. }, products, work } = self;
        let work = work.get_or_insert_with(|| Work::new(d.len(), m));
        let Work { compact, path, subspace, on, .. } = work;
        let k = *length;
        if !compact.build(products, k) {
            return None;
        }
        let model = (&*pairs, &*compact, k);
        let at = path.walk(rooms, model, d.as_mut_slice())?;
        if !subspace.solve(model, path, at) {
            return Some(project(rooms, path, at, d, |_, z, _| z));
        }
        let [on_s, on_y] = on;
        let columns = subspace.q.as_chunks::<2>().0.iter().zip(compact.unit.as_chunks::<2>().0);
        for ((on_s, on_y), (q, unit)) in on_s.iter_mut().zip(on_y.iter_mut()).zip(columns).take(k) {
            (*on_y, *on_s) = (-q[0] * unit[0], -q[1] * unit[1]);
        }
        let g = rooms.at.gradient.as_slice();
        let combine = |d: &mut DVector<f64>| {
            let coefficients = [&on_s[..k], &on_y[..k]];
            pairs.combine(coefficients, (-compact.theta.recip(), g), d.as_mut_slice(), |_, _| {});
        };
        combine(d);
        let projected = project(rooms, path, at, d, |room, _, d| d.max(room.least).min(room.most));
        if projected.slope < 0.0 && projected.slope.is_finite() {
            return Some(projected);
        }
        // The projected step leads up: as far towards the minimum as the bounds allow, in place of it.
        combine(d);
        let rows = d.iter().zip(rooms.iter()).zip(&path.reach);
        let share = rows.fold(1.0_f64, |share, ((d, room), reach)| {
            let z = -at.t * room.g;
            let s = d - z;
            let limit = if s > 0.0 { room.most } else { room.least };
            if *reach <= at.last || s == 0.0 { share } else { share.min((limit - z) / s) }
        });
        Some(project(rooms, path, at, d, |room, z, d| {
            (z + share * (d - z)).max(room.least).min(room.most)
        }))
    }
}

/// Replaces d of each free variable by `step(room, z, d)` with z of the Cauchy point, and of the others by z.
fn project(
    rooms: Rooms<'_>,
    path: &Path,
    at: CauchyPoint,
    d: &mut DVector<f64>,
    step: impl Fn(Room, f64, f64) -> f64,
) -> Proposal {
    for ((d, room), &reach) in d.iter_mut().zip(rooms.iter()).zip(&path.reach) {
        *d = if reach > at.last {
            step(room, -at.t * room.g, *d)
        } else if reach > 0.0 {
            room.bound()
        } else {
            0.0
        };
    }
    let (slope, max) = linalg::dot_and_max(d.as_slice(), rooms.at.gradient.as_slice());
    Proposal { slope, max, scaled: true, curvature: None }
}

impl Direction for ProjectedLimitedMemory {
    type Memory = LbfgsbMemory;

    fn name(&self) -> &'static str {
        "Lbfgsb"
    }

    fn domain(&self) -> Domain {
        Domain::Bounded
    }

    fn check(&self, _n: usize) -> Result<(), Error> {
        check((1..=200).contains(&self.memory), "memory", self.memory as f64, "from 1 to 200")
    }

    fn start(&self, _: &mut Oracle<'_>, n: usize, _: Option<&DVector<f64>>) -> LbfgsbMemory {
        let m = self.memory;
        LbfgsbMemory {
            free: LbfgsMemory::new(n, m, true),
            products: Products::new(m),
            work: Some(Work::new(n, m)),
        }
    }

    fn is_valid(&self, memory: &LbfgsbMemory, n: usize) -> bool {
        memory.free.is_valid(n, self.memory, true) && memory.products.is_valid(self.memory)
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut LbfgsbMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        let Some(bounds) = at.bounds else {
            return match memory.free.length {
                0 => descend(at.gradient, d),
                _ => memory.free.multiply(at.gradient, d),
            };
        };
        if memory.free.length > 0 {
            match memory.propose(self.memory, Rooms { at, bounds }, d) {
                Some(proposal) => return proposal,
                None => memory.free.length = 0,
            }
        }
        // Without bounds a search would start with this step.
        let lambda = match at.scale {
            None => relative_step(at.x, at.gradient),
            Some(_) => Some(at.gradient.norm().recip()).filter(|lambda| lambda.is_normal()),
        };
        descend_within(bounds, at, lambda, d)
    }

    fn update(&self, memory: &mut LbfgsbMemory, step: Accepted<'_>) {
        let LbfgsbMemory { free, products, work } = memory;
        let work = work.get_or_insert_with(|| Work::new(step.d.len(), self.memory));
        let Work { along, compact, .. } = work;
        compact.is_built = false;
        if free.length == self.memory {
            products.forget_first();
        }
        let Some(own) = free.take(step, along) else { return };
        let before = free
            .products()
            .zip(&*along)
            .map(|([s_y, y_y], [s_d, y_d])| [s_y, step.alpha * s_d, y_y, step.alpha * y_d]);
        products.take_pair(before, own, free.length - 1);
    }

    fn reset(&self, memory: &mut LbfgsbMemory, _moved: bool) -> bool {
        std::mem::take(&mut memory.free.length) > 0
    }
}
