//! composed.

use super::{Case, Method, Options};

/// The rule of a case, when it is one of these.
pub fn method(_case: &Case, _o: &Options) -> Option<Box<dyn Method>> {
    None
}
