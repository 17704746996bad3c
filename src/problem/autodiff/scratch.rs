//! Buffers for the variables, kept from call to call.

use std::cell::RefCell;
use std::thread::LocalKey;

use nalgebra::DVector;
use num_dual::{DualSVec64, HyperDualSVec64};

use super::{Num, Real};

/// The buffers of one thread that are not in use.
pub(super) type Pool<R> = RefCell<Vec<Vec<Num<R>>>>;

/// A scalar that has a pool on every thread.
pub(super) trait Pooled: Real + 'static {
    fn pool() -> &'static LocalKey<Pool<Self>>;
}

macro_rules! pooled {
    ($($scalar:ty),+ $(,)?) => {
        $(impl Pooled for $scalar {
            fn pool() -> &'static LocalKey<Pool<Self>> {
                thread_local!(static POOL: Pool<$scalar> = const { RefCell::new(Vec::new()) });
                &POOL
            }
        })+
    };
}

pooled! {
    f64,
    DualSVec64<1>, DualSVec64<2>, DualSVec64<3>, DualSVec64<4>, DualSVec64<8>,
    HyperDualSVec64<1, 1>, HyperDualSVec64<2, 2>, HyperDualSVec64<3, 3>, HyperDualSVec64<4, 4>,
    HyperDualSVec64<8, 8>,
    HyperDualSVec64<1, 4>, HyperDualSVec64<1, 8>,
}

/// Calls `run` with x, as constants. Compiled once per kind of number, not per formula.
///
/// The buffer is out of the pool during the call, so a formula that evaluates another one gets a second buffer.
/// While the thread is torn down the pool no longer exists, and the buffer is a new one.
pub(super) fn with_variables<R: Pooled>(x: &DVector<f64>, run: &mut dyn FnMut(&mut [Num<R>])) {
    with_buffer(run, &mut |buffer| {
        buffer.extend(x.as_slice().iter().map(|&value| Num::from(value)));
    });
}

/// Calls `run` with m zeros, in the same way.
pub(super) fn with_constants<R: Pooled>(m: usize, run: &mut dyn FnMut(&mut [Num<R>])) {
    with_buffer(run, &mut |buffer| buffer.resize(m, Num::from(0.0)));
}

fn with_buffer<R: Pooled>(
    run: &mut dyn FnMut(&mut [Num<R>]),
    fill: &mut dyn FnMut(&mut Vec<Num<R>>),
) {
    let mut buffer =
        R::pool().try_with(|pool| pool.borrow_mut().pop()).ok().flatten().unwrap_or_default();
    buffer.clear();
    fill(&mut buffer);
    run(&mut buffer);
    // Without a pool there is nothing to keep the buffer in.
    let _ = R::pool().try_with(|pool| pool.borrow_mut().push(buffer));
}
