//! The inner loops: each pass over vectors does all it can with the data that it has loaded.
//!
//! Sums run in a fixed order (lane by lane, then the tail), so a result depends on nothing but its input.

#[cfg(feature = "faer")]
mod by_faer;
pub(crate) mod cholesky;
mod jacobi_svd;
mod lanczos;
pub(crate) mod matrix_bytes;
mod modified_ldl;
mod packed;
mod pairs;
pub(crate) mod row_qr;
mod symmetric_eigen;

use nalgebra::DMatrix;

pub(crate) use cholesky::{cholesky, solve_lower, solve_transposed};
pub(crate) use jacobi_svd::jacobi_svd;
pub(crate) use lanczos::{Lanczos, restrict};
pub(crate) use modified_ldl::ModifiedLdl;
pub(crate) use packed::Packed;
pub(crate) use pairs::Pairs;
pub(crate) use symmetric_eigen::symmetric_eigen;

/// Lanes of a loop with few sums: enough independent operations to hide their latency.
pub(crate) const LANES: usize = 8;

/// Elements per block of a pass that reads many vectors, so that the shared ones stay in the first-level cache.
pub(crate) const BLOCK: usize = 1024;

/// Runs a loop with the widest vector instructions that the processor has. Nothing is reordered or contracted, so the
/// result has the same bits everywhere. The closure must be `#[inline(always)]`, or it keeps the instructions of the
/// build.
#[inline(always)]
pub(crate) fn wide<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// [`wide`] for generic loops with many instances: on x86 processors without AVX2, `narrow`, the same loop over single
/// entries, replaces a second copy of `work`, which halves the compile time.
#[inline(always)]
pub(crate) fn wide_or<A, R>(
    with: A,
    work: impl FnOnce(A) -> R,
    #[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables))] narrow: impl FnOnce(A) -> R,
) -> R {
    #[cfg(target_arch = "x86_64")]
    return match pulp::x86::V3::try_new() {
        Some(v3) => pulp::Simd::vectorize(
            v3,
            Call(
                #[inline(always)]
                || work(with),
            ),
        ),
        None => narrow(with),
    };
    #[cfg(not(target_arch = "x86_64"))]
    wide(
        #[inline(always)]
        || work(with),
    )
}

#[cfg(target_arch = "x86_64")]
struct Call<F>(F);

#[cfg(target_arch = "x86_64")]
impl<R, F: FnOnce() -> R> pulp::WithSimd for Call<F> {
    type Output = R;
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _simd: S) -> R {
        (self.0)()
    }
}

/// `M` sums Σᵢ term(x₁ᵢ, .., x_Kᵢ) over `K` vectors in one pass.
#[inline(always)]
pub(crate) fn sums<const K: usize, const M: usize>(
    x: [&[f64]; K],
    term: impl Fn([f64; K]) -> [f64; M],
) -> [f64; M] {
    sums_in_lanes::<4, K, M>(x, term)
}

/// [`sums`] in `L` partial sums each: enough independent additions to hide their latency, few enough for all to stay in
/// registers.
#[inline(always)]
fn sums_in_lanes<const L: usize, const K: usize, const M: usize>(
    x: [&[f64]; K],
    term: impl Fn([f64; K]) -> [f64; M],
) -> [f64; M] {
    let n = x[0].len();
    let parts = x.map(|x| x[..n].as_chunks::<L>());
    let mut sums = [0.0; M];
    if n >= L {
        let mut lanes = [[0.0; L]; M];
        for c in 0..n / L {
            let chunk = parts.map(|(chunks, _)| &chunks[c]);
            for l in 0..L {
                let terms = term(chunk.map(|chunk| chunk[l]));
                for m in 0..M {
                    lanes[m][l] += terms[m];
                }
            }
        }
        sums = lanes.each_ref().map(|lanes| add_lanes(lanes));
    }
    for i in 0..n % L {
        let terms = term(parts.map(|(_, tail)| tail[i]));
        for m in 0..M {
            sums[m] += terms[m];
        }
    }
    sums
}

/// The sum of the lanes. Not inlined, so that lanes lie side by side in registers: the optimiser would put the
/// sums side by side and shuffle every operand.
#[inline(never)]
fn add_lanes(lanes: &[f64]) -> f64 {
    lanes.iter().sum()
}

/// Column j of a matrix as a slice.
pub(crate) fn column(a: &DMatrix<f64>, j: usize) -> &[f64] {
    &a.as_slice()[j * a.nrows()..(j + 1) * a.nrows()]
}

/// Columns i < j of n entries each.
fn two_columns(a: &mut [f64], n: usize, i: usize, j: usize) -> [&mut [f64]; 2] {
    let (left, right) = a.split_at_mut(j * n);
    [&mut left[i * n..(i + 1) * n], &mut right[..n]]
}

/// a'b.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let [sum] = sums_in_lanes::<8, 2, 1>([a, b], |[a, b]| [a * b]);
    sum
}

/// (a'b, a'c).
pub(crate) fn dot2(a: &[f64], b: &[f64], c: &[f64]) -> [f64; 2] {
    sums_in_lanes::<8, 3, 2>([a, b, c], |[a, b, c]| [a * b, a * c])
}

/// max |aᵢ|; NaN components do not count, so test a sum for finiteness as well.
pub(crate) fn max_abs(a: &[f64]) -> f64 {
    let (chunks, tail) = a.as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    for chunk in chunks {
        for (lane, a) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, a.abs());
        }
    }
    tail.iter().map(|a| a.abs()).chain(lanes).fold(0.0, larger)
}

/// True when all entries are finite.
pub(crate) fn is_finite(a: &[f64]) -> bool {
    // 0 · a is NaN when a is not finite.
    sums_in_lanes::<8, 1, 1>([a], |[a]| [0.0 * a]) == [0.0]
}

/// (a'b, max |aᵢ|) in one pass.
pub(crate) fn dot_and_max(a: &[f64], b: &[f64]) -> (f64, f64) {
    let ((chunks_a, tail_a), (chunks_b, tail_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let (mut sum, mut max) = (0.0, 0.0);
    if !chunks_a.is_empty() {
        let (mut sums, mut maxima) = ([0.0; LANES], [0.0_f64; LANES]);
        for (a, b) in chunks_a.iter().zip(chunks_b) {
            for l in 0..LANES {
                sums[l] += a[l] * b[l];
                maxima[l] = larger(maxima[l], a[l].abs());
            }
        }
        sum = add_lanes(&sums);
        max = maxima.into_iter().fold(0.0, larger);
    }
    for (a, b) in tail_a.iter().zip(tail_b) {
        sum += a * b;
        max = larger(max, a.abs());
    }
    (sum, max)
}

/// The largest power of two that is not above x.
pub(crate) fn power_of_two(x: f64) -> f64 {
    f64::from_bits(x.max(f64::MIN_POSITIVE).to_bits() & (0x7ff << 52))
}

/// y += α x.
pub(crate) fn axpy(alpha: f64, x: &[f64], y: &mut [f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}

/// out = x + α d.
pub(crate) fn step_to(x: &[f64], alpha: f64, d: &[f64], out: &mut [f64]) {
    for ((out, x), d) in out.iter_mut().zip(x).zip(d) {
        *out = x + alpha * d;
    }
}

/// The larger of two numbers as one instruction (`f64::max` has to check both for NaN).
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// y += α x + β z.
pub(crate) fn axpy2([alpha, beta]: [f64; 2], [x, z]: [&[f64]; 2], y: &mut [f64]) {
    for ((y, x), z) in y.iter_mut().zip(x).zip(z) {
        *y += alpha * x + beta * z;
    }
}

/// `M` vectors out = f(x₁, .., x_K), component by component in one pass; true when all results are finite. A chunk is
/// read before it is written, so that the compiler need not check whether vectors overlap; plain loops over `K` and `M`
/// keep everything in registers, which `array::map` does not for many vectors.
#[inline(always)]
pub(crate) fn map<const K: usize, const M: usize>(
    x: [&[f64]; K],
    out: [&mut [f64]; M],
    f: impl Fn([f64; K]) -> [f64; M],
) -> bool {
    const LANES: usize = 4;
    let n = x[0].len();
    // 0 · v is NaN when v is not finite.
    let mut zeros = [0.0; LANES];
    let whole = n - n % LANES;
    for start in (0..whole).step_by(LANES) {
        let mut chunk = [[0.0; K]; LANES];
        for k in 0..K {
            let entries = &x[k][start..start + LANES];
            for l in 0..LANES {
                chunk[l][k] = entries[l];
            }
        }
        let mut values = [[0.0; M]; LANES];
        for l in 0..LANES {
            values[l] = f(chunk[l]);
        }
        for m in 0..M {
            let entries = &mut out[m][start..start + LANES];
            for l in 0..LANES {
                entries[l] = values[l][m];
                zeros[l] += 0.0 * values[l][m];
            }
        }
    }
    for i in whole..n {
        let mut entries = [0.0; K];
        for k in 0..K {
            entries[k] = x[k][i];
        }
        let values = f(entries);
        for m in 0..M {
            out[m][i] = values[m];
            zeros[0] += 0.0 * values[m];
        }
    }
    zeros == [0.0; LANES]
}
