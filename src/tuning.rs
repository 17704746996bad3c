//! Tuning: the learning-rate range test.

mod lr_range_test;

pub use lr_range_test::{LrRangeTest, RangeCurve, RangePoint, lr_range_test};
