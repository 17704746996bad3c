//! Rules, chains and groups as solvers.

use std::ops::ControlFlow;

use nalgebra::DVector;

use super::iteration::{Iteration, PATIENCE};
use super::{Chain, FirstOrderState, Groups, Rule};
use crate::{Error, Oracle, Solver, Termination, fingerprint};

impl<R: Rule> Solver for Groups<R> {
    type State = FirstOrderState<R>;

    fn name(&self) -> &'static str {
        R::NAME
    }
    fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }
    fn init(&self, problem: &mut Oracle<'_>, x0: DVector<f64>) -> Result<Self::State, Error> {
        Iteration::default().init(self, problem, x0)
    }
    fn step(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> ControlFlow<Termination> {
        Iteration::default().step(problem, state)
    }
    fn restore(&self, problem: &mut Oracle<'_>, state: &mut Self::State) -> Result<(), Error> {
        Iteration::default().restore(self, problem, state)
    }
    fn patience(&self) -> u64 {
        PATIENCE
    }
}

/// Implements [`Solver`] for rules: two blanket implementations would collide. Adds `batches` and `start` as inherent
/// methods, which need no trait in scope. Everything is `#[inline]`, so that a rule is compiled by the programs that use it
/// and not with the library.
macro_rules! solver {
    ([$($generics:tt)*] $rule:ty) => {
        impl<$($generics)*> crate::Solver for $rule {
            type State = crate::first_order::FirstOrderState<Self>;

            fn name(&self) -> &'static str {
                <Self as crate::first_order::Rule>::NAME
            }
            #[inline]
            fn fingerprint(&self) -> u64 {
                crate::fingerprint(self)
            }
            #[inline]
            fn init(
                &self,
                problem: &mut crate::Oracle<'_>,
                x0: nalgebra::DVector<f64>,
            ) -> Result<Self::State, crate::Error> {
                crate::first_order::Groups::new(self.clone()).init(problem, x0)
            }
            #[inline]
            fn step(
                &self,
                problem: &mut crate::Oracle<'_>,
                state: &mut Self::State,
            ) -> std::ops::ControlFlow<crate::Termination> {
                // The rule is in the state.
                crate::solver::first_order::iteration::Iteration::default().step(problem, state)
            }
            #[inline]
            fn restore(
                &self,
                problem: &mut crate::Oracle<'_>,
                state: &mut Self::State,
            ) -> Result<(), crate::Error> {
                crate::first_order::Groups::new(self.clone()).restore(problem, state)
            }
            fn patience(&self) -> u64 {
                crate::solver::first_order::iteration::PATIENCE
            }
        }

        impl<$($generics)*> $rule {
            /// A solver with this rule on mini-batches of `size` terms of a sum, in an order that `seed` determines:
            /// see [`FirstOrder::batches`](crate::first_order::FirstOrder::batches).
            #[inline]
            pub fn batches(self, size: usize, seed: u64) -> crate::first_order::FirstOrder<Self> {
                crate::first_order::FirstOrder::new(self).batches(size, seed)
            }

            /// An updater with this rule for n parameters, for gradients that you compute.
            pub fn start<T: crate::first_order::Float>(
                self,
                n: usize,
            ) -> crate::first_order::Updater<T, Self> {
                crate::first_order::Rule::start(self, n)
            }
        }
    };
    ($($rule:ty),+) => {
        $(crate::solver::first_order::as_solver::solver!([] $rule);)+
    };
}
pub(super) use solver;

solver!([A: Rule, B: Rule] Chain<A, B>);
