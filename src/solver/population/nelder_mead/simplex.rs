//! The simplex and its moves.

mod collapse;

use nalgebra::DVector;
use serde::{Deserialize, Serialize};

use super::super::members::copy;
use super::{Candidates, Coefficients, NelderMead, Space, inward, shortest};
use crate::Stall;
use crate::random::interpolated;

/// An edge is too short when it changes the cost by less than this share of the largest change, or of the cost itself.
const FELT: (f64, f64) = (1e-3, 1e-12);

/// The factor by which it is lengthened then, and its least share of the [`shortest`] edge.
const LONGER: (f64, f64) = (100.0, 1e-12);

/// The memory of [`NelderMead`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Simplex {
    /// From the best to the worst.
    vertices: Vec<Vertex>,
    /// The coordinates that are not fixed by the bounds: one vertex for each, and one.
    free: Vec<usize>,
    /// The first edges.
    edges: DVector<f64>,
    /// The vertices whose costs are pending, when there are several.
    waiting: Vec<usize>,
    /// The sum of all vertices, and the number of updates since it was computed anew.
    sum: DVector<f64>,
    exchanged: usize,
    centroid: DVector<f64>,
    reflected: Vertex,
    trial: DVector<f64>,
    asks: Move,
    restarts: u32,
    /// The cost of the start.
    first: f64,
    /// The best cost when this simplex was made; infinite for the first.
    begun: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Vertex {
    x: DVector<f64>,
    cost: f64,
}

/// What the next candidates are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Move {
    /// All vertices, for the first time.
    Begin,
    /// The vertices whose edges were too short.
    Lengthen,
    /// All vertices of a restart but the best.
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
            waiting: (0..vertices.len()).collect(),
            vertices,
            free,
            edges,
            sum: x0.clone(),
            exchanged: 0,
            centroid: x0.clone(),
            reflected: vertex(),
            trial: x0.clone(),
            asks: Move::Begin,
            restarts: 0,
            first: f64::INFINITY,
            begun: f64::INFINITY,
        }
    }

    /// The number of coordinates that are not fixed.
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
                Move::Begin | Move::Lengthen | Move::Restart | Move::Shrink => {
                    for &vertex in &self.waiting {
                        to.next(self.trial.len()).copy_from(&self.vertices[vertex].x);
                    }
                    return;
                }
                // All coordinates are fixed: x is the only candidate.
                _ if self.free.is_empty() => {
                    return to.next(self.trial.len()).copy_from(&self.best().x);
                }
                Move::Reflect => {
                    self.center();
                    1.0
                }
                Move::Expand => by.expand,
                Move::ContractOutside => by.contract,
                Move::ContractInside => -by.contract,
            };
            let worst = self.vertices[self.vertices.len() - 1].x.as_slice();
            let center = self.centroid.as_slice();
            let along = |(center, worst): (&f64, &f64)| center + along * (center - worst);
            let moved = center.iter().zip(worst).map(along);
            for (trial, moved) in self.trial.as_mut_slice().iter_mut().zip(moved) {
                *trial = moved;
            }
            space.clamp(self.trial.as_mut_slice());
            if !self.is_known() {
                return to.push(&self.trial);
            }
            // Moved onto a bound, it may be a known point: that counts as one outside of the domain.
            self.decide(f64::INFINITY, by.shrink);
        }
    }

    /// Writes the centroid of all vertices but the worst.
    fn center(&mut self) {
        let Some((worst, others)) = self.vertices.split_last() else { return };
        let share = 1.0 / others.len() as f64;
        let parts = self.sum.as_slice().iter().zip(worst.x.as_slice());
        for (center, (sum, worst)) in self.centroid.as_mut_slice().iter_mut().zip(parts) {
            *center = sum - share * worst;
        }
    }

    /// Adds the vertices, each divided by n, so that the sum is finite.
    fn add_up(&mut self) {
        let share = 1.0 / self.free.len().max(1) as f64;
        self.sum.fill(0.0);
        for vertex in &self.vertices {
            for (sum, x) in self.sum.as_mut_slice().iter_mut().zip(vertex.x.as_slice()) {
                *sum += share * x;
            }
        }
        self.exchanged = 0;
    }

    fn is_known(&self) -> bool {
        let trial = self.trial.as_slice();
        let is_reflected = self.asks != Move::Reflect && trial == self.reflected.x.as_slice();
        is_reflected
            || self.vertices.iter().any(|vertex| {
                let x = vertex.x.as_slice();
                // Most points differ in the first coordinate.
                x.first() == trial.first() && x == trial
            })
    }

    /// Learns the costs, and returns why the simplex is done, if it is.
    pub(super) fn learn(
        &mut self,
        space: &Space,
        costs: &[f64],
        method: &NelderMead,
    ) -> Option<Stall> {
        let is_shrunk = self.asks == Move::Shrink;
        match self.asks {
            Move::Begin | Move::Lengthen | Move::Restart | Move::Shrink => {
                for (&vertex, &cost) in self.waiting.iter().zip(costs) {
                    self.vertices[vertex].cost = cost;
                }
                let is_first = matches!(self.asks, Move::Begin | Move::Lengthen);
                if is_first && method.scale.is_none() && self.lengthen(space) {
                    return None;
                }
                self.sort();
                self.add_up();
                self.asks = Move::Reflect;
            }
            _ if self.free.is_empty() => {}
            _ => {
                if let Some(&cost) = costs.first() {
                    let n = self.free.len();
                    self.decide(cost, Coefficients::of(method.adaptive, n).shrink);
                }
            }
        }
        if self.asks == Move::Reflect { self.collapse(method, is_shrunk) } else { None }
    }

    /// Lengthens the first edges that hardly change the cost: 5 % of a coordinate near 0 are too short. False when
    /// there are none.
    fn lengthen(&mut self, space: &Space) -> bool {
        let Self { vertices, free, edges, waiting, .. } = self;
        let Some((start, others)) = vertices.split_first_mut() else { return false };
        self.first = start.cost;
        let change = |cost: f64| (cost - start.cost).abs();
        let changes = others.iter().map(|vertex| change(vertex.cost));
        let largest = changes.filter(|change| change.is_finite()).fold(0.0, f64::max);
        let felt = (FELT.0 * largest).max(FELT.1 * start.cost.abs());
        waiting.clear();
        for (index, (vertex, &i)) in others.iter_mut().zip(free.iter()).enumerate() {
            let (x, shortest) = (start.x[i], shortest(space, i));
            let length = (LONGER.0 * edges[i].abs()).clamp(LONGER.1 * shortest, shortest);
            let longer = inward(space, i, x, length.copysign(edges[i]));
            if change(vertex.cost) <= felt && longer.abs() > edges[i].abs() {
                edges[i] = longer;
                vertex.x[i] = space.clamped(i, x + longer);
                waiting.push(index + 1);
            }
        }
        self.asks = Move::Lengthen;
        !self.waiting.is_empty()
    }

    /// Chooses the next move from the cost of the trial point.
    fn decide(&mut self, cost: f64, shrink: f64) {
        let (best, worst) = (self.best().cost, self.worst().cost);
        let next_to_worst = self.vertices[self.vertices.len().saturating_sub(2)].cost;
        match self.asks {
            Move::Reflect => {
                if cost >= best && cost < next_to_worst {
                    return self.accept(cost);
                }
                copy(&self.trial, &mut self.reflected.x);
                self.reflected.cost = cost;
                self.asks = match cost {
                    _ if cost < best => Move::Expand,
                    _ if cost < worst => Move::ContractOutside,
                    _ => Move::ContractInside,
                };
            }
            Move::Expand if cost < self.reflected.cost => self.accept(cost),
            Move::Expand => {
                copy(&self.reflected.x, &mut self.trial);
                self.accept(self.reflected.cost);
            }
            Move::ContractOutside if cost <= self.reflected.cost => self.accept(cost),
            Move::ContractInside if cost < worst => self.accept(cost),
            _ => self.shrink(shrink),
        }
    }

    /// Replaces the worst vertex by the trial point, ranked behind vertices of the same cost.
    fn accept(&mut self, cost: f64) {
        let last = self.vertices.len() - 1;
        let share = 1.0 / last.max(1) as f64;
        let vertex = &mut self.vertices[last];
        let parts = self.trial.as_slice().iter().zip(vertex.x.as_slice());
        for (sum, (new, old)) in self.sum.as_mut_slice().iter_mut().zip(parts) {
            *sum += share * new - share * old;
        }
        copy(&self.trial, &mut vertex.x);
        vertex.cost = cost;
        self.insert(last);
        self.exchanged += 1;
        // Computed anew from time to time, or rounding errors would accumulate.
        if self.exchanged > last {
            self.add_up();
        }
        self.asks = Move::Reflect;
    }

    fn shrink(&mut self, by: f64) {
        if let Some((best, others)) = self.vertices.split_first_mut() {
            for vertex in others {
                for (x, &best) in vertex.x.iter_mut().zip(&best.x) {
                    // Always between the two, despite rounding and overflow.
                    *x = if *x < best {
                        interpolated(*x, best, 1.0 - by)
                    } else {
                        interpolated(best, *x, by)
                    };
                }
            }
        }
        self.await_others();
        self.asks = Move::Shrink;
    }

    /// Marks the costs of all vertices but the best as pending.
    fn await_others(&mut self) {
        self.waiting.clear();
        self.waiting.extend(1..self.vertices.len());
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
        if place < index {
            self.vertices[place..=index].rotate_right(1);
        }
    }

    /// Makes a simplex like the first, turned round, at the best vertex.
    pub(super) fn restart(&mut self, space: &Space) {
        self.restarts += 1;
        self.edges.neg_mut();
        let Some((best, others)) = self.vertices.split_first_mut() else { return };
        for (vertex, &i) in others.iter_mut().zip(&self.free) {
            vertex.x.copy_from(&best.x);
            // An edge below the resolution of x would vanish.
            let least = f64::EPSILON.sqrt() * best.x[i].abs();
            let edge = self.edges[i].abs().max(least).copysign(self.edges[i]);
            let edge = inward(space, i, best.x[i], edge);
            vertex.x[i] = space.clamped(i, best.x[i] + edge);
        }
        self.begun = best.cost;
        self.await_others();
        self.asks = Move::Restart;
    }

    /// Adds a better point: as the best vertex while the others are not evaluated yet, in place of the worst otherwise.
    pub(super) fn inject(&mut self, x: &DVector<f64>, cost: f64) {
        if cost >= self.best().cost {
            return;
        }
        match self.asks {
            Move::Begin | Move::Lengthen => {}
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

    pub(super) fn is_valid(&self, space: &Space) -> bool {
        let n = space.dimension();
        let vertices = self.vertices.iter().chain([&self.reflected]);
        let mut points = vertices.clone().map(|v| &v.x).chain([&self.trial]);
        self.free.len() <= n
            && self.free.iter().all(|&i| i < n)
            && self.vertices.len() == self.free.len() + 1
            && self.edges.len() == n
            && self.sum.len() == n
            && self.exchanged <= self.free.len()
            && self.edges.iter().all(|edge| edge.is_finite())
            && self.waiting.iter().all(|&vertex| vertex < self.vertices.len())
            && self.centroid.len() == n
            && points.all(|x| space.holds(x))
            && vertices.into_iter().all(|vertex| !vertex.cost.is_nan())
            && !self.begun.is_nan()
            && !self.first.is_nan()
            && self.restarts < u32::MAX
    }
}
