//! The simplex and its moves.

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::{Candidates, Coefficients, NelderMead, Space, inward};
use crate::Stall;

/// No simplex has vertices that differ by less than this, relative to the best.
const RESOLVED: f64 = 1e-14;

/// The memory of [`NelderMead`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simplex {
    /// From the best to the worst.
    vertices: Vec<Vertex>,
    /// The coordinates that are not fixed by the bounds: one vertex for each, and one.
    free: Vec<usize>,
    /// The first edges.
    edges: DVector<f64>,
    centroid: DVector<f64>,
    reflected: Vertex,
    trial: DVector<f64>,
    asks: Move,
    restarts: u32,
    /// The best cost when this simplex was made; infinite for the first.
    begun: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Vertex {
    x: DVector<f64>,
    cost: f64,
}

/// What is asked for next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Move {
    /// All vertices, for the first time.
    Begin,
    /// All but the best: those of a restart.
    Restart,
    Reflect,
    Expand,
    ContractOutside,
    ContractInside,
    /// All but the best, which have been moved.
    Shrink,
}

impl Simplex {
    pub(super) fn new(space: &Space, edges: DVector<f64>) -> Self {
        let x0 = space.x0();
        let free: Vec<usize> = (0..x0.len()).filter(|&i| edges[i] != 0.0).collect();
        let vertex = || Vertex { x: x0.clone(), cost: f64::INFINITY };
        let mut vertices = vec![vertex(); free.len() + 1];
        for (vertex, &i) in vertices.iter_mut().skip(1).zip(&free) {
            vertex.x[i] = space.clamped(i, x0[i] + edges[i]);
        }
        Self {
            vertices,
            free,
            edges,
            centroid: x0.clone(),
            reflected: vertex(),
            trial: x0.clone(),
            asks: Move::Begin,
            restarts: 0,
            begun: f64::INFINITY,
        }
    }

    /// How many coordinates are not fixed.
    pub(super) fn moving(&self) -> usize {
        self.free.len()
    }

    fn best(&self) -> &Vertex {
        &self.vertices[0]
    }

    fn worst(&self) -> &Vertex {
        &self.vertices[self.vertices.len() - 1]
    }

    pub(super) fn propose(&mut self, space: &Space, by: Coefficients, to: &mut Candidates) {
        loop {
            let along = match self.asks {
                Move::Begin => return self.ask(0, to),
                // All is fixed, and there is nothing else to ask for.
                _ if self.free.is_empty() => return self.ask(0, to),
                Move::Restart | Move::Shrink => return self.ask(1, to),
                Move::Reflect => {
                    self.center();
                    1.0
                }
                Move::Expand => by.expand,
                Move::ContractOutside => by.contract,
                Move::ContractInside => -by.contract,
            };
            let worst = &self.vertices[self.vertices.len() - 1].x;
            for (i, trial) in self.trial.iter_mut().enumerate() {
                let center = self.centroid[i];
                *trial = space.clamped(i, center + along * (center - worst[i]));
            }
            if !self.is_known() {
                return to.next(self.trial.len()).copy_from(&self.trial);
            }
            // Moved onto a bound it may be a point that has been evaluated: as good as one beyond the domain.
            self.decide(f64::INFINITY, by.shrink);
        }
    }

    fn ask(&self, from: usize, to: &mut Candidates) {
        for vertex in &self.vertices[from..] {
            to.next(vertex.x.len()).copy_from(&vertex.x);
        }
    }

    /// Writes the centroid of all vertices but the worst.
    fn center(&mut self) {
        let (_, others) = match self.vertices.split_last() {
            Some((worst, others)) if !others.is_empty() => (worst, others),
            _ => return,
        };
        self.centroid.fill(0.0);
        for vertex in others {
            self.centroid.axpy(1.0 / others.len() as f64, &vertex.x, 1.0);
        }
    }

    fn is_known(&self) -> bool {
        let is_reflected = self.asks != Move::Reflect && self.trial == self.reflected.x;
        is_reflected || self.vertices.iter().any(|vertex| vertex.x == self.trial)
    }

    /// Takes in the costs, and says why the simplex is done, if it is.
    pub(super) fn learn(
        &mut self,
        candidates: &[DVector<f64>],
        costs: &[f64],
        method: &NelderMead,
    ) -> Option<Stall> {
        let is_shrunk = self.asks == Move::Shrink;
        match self.asks {
            Move::Begin | Move::Restart | Move::Shrink => {
                let from = self.vertices.len().saturating_sub(costs.len());
                for (vertex, &cost) in self.vertices.iter_mut().skip(from).zip(costs) {
                    vertex.cost = cost;
                }
                self.sort();
                self.asks = Move::Reflect;
            }
            _ if self.free.is_empty() => {}
            _ => {
                if let (Some(x), Some(&cost)) = (candidates.first(), costs.first()) {
                    self.trial.copy_from(x);
                    let n = self.free.len();
                    self.decide(cost, Coefficients::of(method.adaptive, n).shrink);
                }
            }
        }
        if self.asks == Move::Reflect { self.collapse(method, is_shrunk) } else { None }
    }

    /// What follows from the cost of the trial point.
    fn decide(&mut self, cost: f64, shrink: f64) {
        let (best, worst) = (self.best().cost, self.worst().cost);
        let next_to_worst = self.vertices[self.vertices.len().saturating_sub(2)].cost;
        match self.asks {
            Move::Reflect => {
                self.reflected.x.copy_from(&self.trial);
                self.reflected.cost = cost;
                if cost < best {
                    self.asks = Move::Expand;
                } else if cost < next_to_worst {
                    self.accept(cost);
                } else if cost < worst {
                    self.asks = Move::ContractOutside;
                } else {
                    self.asks = Move::ContractInside;
                }
            }
            Move::Expand if cost < self.reflected.cost => self.accept(cost),
            Move::Expand => {
                self.trial.copy_from(&self.reflected.x);
                self.accept(self.reflected.cost);
            }
            Move::ContractOutside if cost <= self.reflected.cost => self.accept(cost),
            Move::ContractInside if cost < worst => self.accept(cost),
            _ => self.shrink(shrink),
        }
    }

    /// Puts the trial point in the place of the worst vertex; behind those of the same cost.
    fn accept(&mut self, cost: f64) {
        let last = self.vertices.len() - 1;
        self.vertices[last].x.copy_from(&self.trial);
        self.vertices[last].cost = cost;
        self.insert(last);
        self.asks = Move::Reflect;
    }

    fn shrink(&mut self, by: f64) {
        if let Some((best, others)) = self.vertices.split_first_mut() {
            for vertex in others {
                for (x, best) in vertex.x.iter_mut().zip(&best.x) {
                    // Between the two, whatever is rounded.
                    *x = best + by * (*x - best);
                }
            }
        }
        self.asks = Move::Shrink;
    }

    fn sort(&mut self) {
        for index in 1..self.vertices.len() {
            self.insert(index);
        }
    }

    /// Moves a vertex to its place among the sorted ones before it.
    fn insert(&mut self, index: usize) {
        let cost = self.vertices[index].cost;
        let place = self.vertices[..index].partition_point(|vertex| vertex.cost <= cost);
        self.vertices[place..=index].rotate_right(1);
    }

    /// Why there is nothing more to gain from this simplex.
    fn collapse(&self, method: &NelderMead, is_shrunk: bool) -> Option<Stall> {
        let (best, worst) = (self.best(), self.worst());
        if is_shrunk && worst.cost <= best.cost {
            return Some(Stall::FlatCosts { range: 0.0, tolerance: 0.0 });
        }
        let distance = |vertex: &Vertex| {
            vertex.x.iter().zip(&best.x).fold(0.0_f64, |max, (x, best)| max.max((x - best).abs()))
        };
        let extent = self.vertices.iter().map(distance).fold(0.0, f64::max);
        let size = extent / best.x.amax().max(1.0);
        let are_near = worst.cost - best.cost <= method.cost_tolerance * best.cost.abs().max(1.0);
        let has_collapsed = size <= method.x_tolerance && (are_near || size <= RESOLVED);
        has_collapsed.then_some(Stall::Collapsed { size, tolerance: method.x_tolerance })
    }

    /// True when the last simplex has gained something, and there may be one more.
    pub(super) fn may_restart(&self, method: &NelderMead) -> bool {
        let best = self.best().cost;
        let has_gained = self.begun - best > method.cost_tolerance * best.abs().max(1.0);
        !self.free.is_empty() && self.restarts < method.restarts && has_gained
    }

    /// A simplex like the first, turned round, at the best vertex.
    pub(super) fn restart(&mut self, space: &Space) {
        self.restarts += 1;
        self.edges.neg_mut();
        let Some((best, others)) = self.vertices.split_first_mut() else { return };
        for (vertex, &i) in others.iter_mut().zip(&self.free) {
            vertex.x.copy_from(&best.x);
            let edge = inward(space, i, best.x[i], self.edges[i]);
            vertex.x[i] = space.clamped(i, best.x[i] + edge);
        }
        self.begun = best.cost;
        self.asks = Move::Restart;
    }

    /// Takes in a better point: as the best vertex where the others are still to be evaluated, in place of the worst
    /// otherwise.
    pub(super) fn inject(&mut self, x: &DVector<f64>, cost: f64) {
        if cost >= self.best().cost {
            return;
        }
        match self.asks {
            Move::Begin => {}
            Move::Restart | Move::Shrink => {
                self.vertices[0].x.copy_from(x);
                self.vertices[0].cost = cost;
            }
            _ => {
                self.trial.copy_from(x);
                self.accept(cost);
            }
        }
    }

    pub(super) fn is_valid(&self, n: usize) -> bool {
        let vertices = self.vertices.iter().chain([&self.reflected]);
        let mut points = vertices.clone().map(|v| &v.x).chain([&self.centroid, &self.trial]);
        self.free.len() <= n
            && self.free.iter().all(|&i| i < n)
            && self.vertices.len() == self.free.len() + 1
            && self.edges.len() == n
            && points.all(|x| x.len() == n && x.iter().all(|x| x.is_finite()))
            && vertices.into_iter().all(|vertex| !vertex.cost.is_nan())
            && !self.begun.is_nan()
            && self.restarts < u32::MAX
    }
}
