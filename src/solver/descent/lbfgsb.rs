//! L-BFGS-B: the quasi-Newton method within bounds, d = x̄ − x with x̄ a minimum of the quadratic model.
//!
//! First the generalized Cauchy point, the first minimum of the model along P(x − t g) ([`cauchy`]), which decides the
//! variables that are at a bound; then the minimum over the others ([`subspace`]), projected into the bounds. The model's
//! matrix is that of L-BFGS in its compact form ([`compact`]). Where no bound is in the way, x̄ = x − H g as in L-BFGS.
//!
//! Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16 (1995) 1190-1208, with the projected subspace step of Morales & Nocedal,
//! ACM Trans. Math. Softw. 38 (2011) 7:1-7:4.

mod among;
mod cauchy;
mod compact;
mod room;
mod subspace;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use self::among::AmongFree;
use self::cauchy::{CauchyPoint, Path};
use self::compact::{Compact, Products};
use self::room::{Room, Rooms};
use self::subspace::Subspace;
use super::lbfgs::LbfgsMemory;
use super::steepest::{descend, descend_within, relative_step};
use super::{Accepted, Descent, Direction, Point, Proposal};
use crate::error::check;
use crate::linalg::{self, BLOCK};
use crate::line_search::HagerZhang;
use crate::{Domain, Error, Oracle};

/// The limited-memory BFGS method within bounds, known as L-BFGS-B.
///
/// **Method** x⁺ = x + α (x̄ − x), α ≤ 1, where x̄ minimises f + g'd + ½ d'B d with the variables that the generalized Cauchy
/// point leaves free, projected into the [bounds](crate::Problem::bounds); B is the matrix of L-BFGS, made of the last m pairs
/// s = x⁺ − x, y = g⁺ − g. Without bounds the directions are those of [`Lbfgs`](crate::Lbfgs).
///
/// **Needs** a gradient; 2m + 13 vectors of memory, and a byte a variable; 8mn multiply-adds an iteration, or 14mn + 4m²c + 14m³
/// where variables are at bounds, of which c have come to one or left one. **Parameters** [`memory`](Lbfgsb::memory) m (default 10), the line search (default [`HagerZhang`]),
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
    /// [s'y, s's, y'y, s'g, y'g] of a pair that was written. Its products with the others wait for the bounds that hold the
    /// next point, so that one pass takes all.
    written: Option<[f64; 5]>,
    products: Products,
    among: AmongFree,
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
    /// The products of the new pair over all variables, and over the free ones.
    all: Vec<[f64; 6]>,
    free: Vec<[f64; 6]>,
}

impl Work {
    /// Room for n variables and m pairs.
    fn new(n: usize, m: usize) -> Self {
        Self {
            compact: Compact::new(m),
            path: Path::new(n, m),
            subspace: Subspace::new(m),
            on: [(); 2].map(|()| vec![0.0; m]),
            all: vec![[0.0; 6]; m],
            free: vec![[0.0; 6]; m],
        }
    }
}

impl LbfgsbMemory {
    /// Takes the pair that was written where no variable is held.
    fn take_pair(&mut self, g: &DVector<f64>, m: usize) {
        if let Some(own) = self.written.take() {
            let work = self.work.get_or_insert_with(|| Work::new(g.len(), m));
            let all = &mut work.all[..self.free.length];
            self.free.pairs.multiply_next(g.as_slice(), all, None);
            self.keep(own);
        }
    }

    /// Keeps the pair that was written, from its products in the workspace; false for one without curvature.
    fn keep(&mut self, own: [f64; 5]) -> bool {
        let Some(work) = &mut self.work else { return false };
        let all = &work.all[..self.free.length];
        work.compact.is_built = false;
        let is_kept = self.free.keep_with(own, all);
        if is_kept {
            let [s_y, s_s, y_y, ..] = own;
            self.products.take_pair(all, [s_y, s_s, y_y]);
        }
        is_kept
    }

    /// Takes the pair that was written, and begins the path, with the products of its direction d.
    fn begin(&mut self, m: usize, rooms: Rooms<'_>, d: &mut DVector<f64>) {
        let work = self.work.get_or_insert_with(|| Work::new(d.len(), m));
        let Work { path, all, free, .. } = work;
        let k = self.free.length;
        let pairs = &self.free.pairs;
        path.begin(rooms, d.as_mut_slice());
        self.among.hold((pairs, k), &mut path.products, &path.reach);
        let Some(own) = self.written.take() else {
            pairs.multiply(d.as_slice(), &mut path.products[..k]);
            return;
        };
        let masked = (&*self.among.held, d.as_slice(), &mut free[..=k]);
        pairs.multiply_next(rooms.at.gradient.as_slice(), &mut all[..k], Some(masked));
        for (to, [_, s_d, _, y_d, ..]) in path.products.iter_mut().zip(&free[..=k]) {
            *to = [*s_d, *y_d];
        }
        if self.keep(own)
            && let Some(work) = &self.work
        {
            self.among.take_pair(&work.free[..=k]);
        }
    }

    /// Writes x̄ − x. `None` without pairs, or where rounding left no direction.
    fn propose(&mut self, m: usize, rooms: Rooms<'_>, d: &mut DVector<f64>) -> Option<Proposal> {
        // Within the bounds the minimum without them is the minimum.
        if !rooms.iter().any(Room::is_held) {
            self.take_pair(rooms.at.gradient, m);
            self.among.take_all(&self.products, self.free.length);
            if self.free.length > 0 {
                let proposal = self.free.multiply(rooms.at.gradient, d);
                let mut rows = d.iter().zip(rooms.iter());
                if rows.all(|(d, room)| room.least <= *d && *d <= room.most) {
                    return Some(proposal);
                }
            }
        }
        self.begin(m, rooms, d);
        let Self { free: LbfgsMemory { pairs, length, .. }, products, among, work, .. } = self;
        let Work { compact, path, subspace, on, .. } = work.as_mut()?;
        let k = *length;
        if k == 0 || !compact.build(products, k) {
            return None;
        }
        let model = (&*pairs, &*compact, k);
        let at = path.walk(rooms, model, d.as_slice())?;
        if !subspace.solve(model, among, path, at) {
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
    let (mut slope, mut max) = (0.0, 0.0_f64);
    let mut rows = rooms.iter().zip(&path.reach);
    let blocks = d.as_mut_slice().chunks_mut(BLOCK);
    for (d, g) in blocks.zip(rooms.at.gradient.as_slice().chunks(BLOCK)) {
        for (d, (room, &reach)) in d.iter_mut().zip(rows.by_ref()) {
            *d = if reach > at.last {
                step(room, -at.t * room.g, *d)
            } else if reach > 0.0 {
                room.bound()
            } else {
                0.0
            };
        }
        let (dg, d_max) = linalg::dot_and_max(d, g);
        (slope, max) = (slope + dg, max.max(d_max));
    }
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
            written: None,
            products: Products::new(m),
            among: AmongFree::new(n, m),
            work: Some(Work::new(n, m)),
        }
    }

    fn is_valid(&self, memory: &LbfgsbMemory, n: usize) -> bool {
        let (m, most) = (self.memory, self.memory - usize::from(memory.written.is_some()));
        memory.free.is_valid(n, m, true)
            && memory.free.length <= most
            && memory.products.is_valid(m)
            && memory.among.is_valid(n, m)
    }

    fn propose(
        &self,
        _problem: &mut Oracle<'_>,
        memory: &mut LbfgsbMemory,
        at: Point<'_>,
        d: &mut DVector<f64>,
    ) -> Proposal {
        let Some(bounds) = at.bounds else {
            memory.take_pair(at.gradient, self.memory);
            return match memory.free.length {
                0 => descend(at.gradient, d),
                _ => memory.free.multiply(at.gradient, d),
            };
        };
        if memory.free.length > 0 || memory.written.is_some() {
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
        if memory.free.make_room() {
            memory.products.forget_first();
            memory.among.forget_first();
        }
        let Accepted { alpha, d, old, new } = step;
        let gradients = [old.as_slice(), new.as_slice()];
        let own = memory.free.pairs.replace((alpha, d.as_slice()), gradients, &mut []);
        memory.written = Some(own);
    }

    fn reset(&self, memory: &mut LbfgsbMemory, _moved: bool) -> bool {
        memory.written.take().is_some() | (std::mem::take(&mut memory.free.length) > 0)
    }
}
