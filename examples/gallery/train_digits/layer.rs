//! A layer of a network, a = W u, its derivatives, and the loss.
//!
//! ```text
//! a = W u,   ∂L/∂W = δ uᵀ,   ∂L/∂u = Wᵀ δ   with δ = ∂L/∂a
//! L = log Σ_k e^{a_k} - a_label,   δ = softmax(a) - e_label
//! ```
//!
//! I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning", MIT Press (2016), sections 6.2.2 and 6.5. The matrices are
//! kept column by column: a column of W belongs to one input, and inputs that are zero, half of all pixels, are skipped.

/// a = W u.
pub fn apply<const OUTPUTS: usize>(weights: &[f64], input: &[f64]) -> [f64; OUTPUTS] {
    let mut output = [0.0; OUTPUTS];
    for (column, &u) in weights.as_chunks().0.iter().zip(input) {
        if u != 0.0 {
            add_scaled(&mut output, u, column);
        }
    }
    output
}

/// Adds δ uᵀ to the gradient of the weights.
pub fn add_gradient<const OUTPUTS: usize>(
    gradient: &mut [f64],
    delta: &[f64; OUTPUTS],
    input: &[f64],
) {
    for (column, &u) in gradient.as_chunks_mut().0.iter_mut().zip(input) {
        if u != 0.0 {
            add_scaled(column, u, delta);
        }
    }
}

/// Wᵀ δ.
pub fn back<const OUTPUTS: usize, const INPUTS: usize>(
    weights: &[f64],
    delta: &[f64; OUTPUTS],
) -> [f64; INPUTS] {
    let mut product = [0.0; INPUTS];
    for (entry, column) in product.iter_mut().zip(weights.as_chunks::<OUTPUTS>().0) {
        *entry = column.iter().zip(delta).map(|(w, d)| w * d).sum();
    }
    product
}

/// The cross-entropy of softmax(a) with the label, and its derivative δ. The largest a is subtracted first, so nothing
/// overflows.
pub fn cross_entropy<const CLASSES: usize>(
    scores: &[f64; CLASSES],
    label: usize,
) -> (f64, [f64; CLASSES]) {
    let largest = scores.iter().fold(f64::NEG_INFINITY, |m, &a| m.max(a));
    let mut delta = scores.map(|a| (a - largest).exp());
    let sum: f64 = delta.iter().sum();
    delta = delta.map(|e| e / sum);
    delta[label] -= 1.0;
    (sum.ln() + largest - scores[label], delta)
}

fn add_scaled<const N: usize>(sum: &mut [f64; N], factor: f64, column: &[f64; N]) {
    for (sum, entry) in sum.iter_mut().zip(column) {
        *sum += factor * entry;
    }
}
