//! Update rules compared with the memory bandwidth: `cargo bench -p extremum-benches --bench first_order`.
//!
//! Every figure is the median of many repetitions; the two sides of a ratio alternate within the same run. Bandwidth counts 4
//! or 8 bytes per access: AdamW reads x, m, v, g and writes x, m, v; the loop that it is compared with, x += a y, reads two
//! and writes one.

use std::hint::black_box;
use std::time::Instant;

use extremum::first_order::{Adam, AdamW, ClipNorm, Decay, Float, Rule, Updater};
use extremum::schedule::Cosine;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The median times of two pieces of work that alternate, in seconds.
fn in_turns(repetitions: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (f64, f64) {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for repetition in 0..repetitions + 2 {
        let seconds = [time(&mut a), time(&mut b)];
        if repetition >= 2 {
            of_a.push(seconds[0]);
            of_b.push(seconds[1]);
        }
    }
    (median(of_a), median(of_b))
}

/// The times of the same work in each pool, in seconds. A pool runs a series of steps, the first of which are not counted:
/// threads wake up, and each half of the data moves into its core's own cache.
fn in_rows(one: &ThreadPool, two: &ThreadPool, mut work: impl FnMut() + Send) -> (f64, f64) {
    let (mut of_one, mut of_two) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        for (pool, seconds) in [(one, &mut of_one), (two, &mut of_two)] {
            let row = (0..25).map(|_| pool.install(|| time(&mut work)));
            seconds.extend(row.skip(5));
        }
    }
    (median(of_one), median(of_two))
}

fn time(work: &mut impl FnMut()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn vector<T: Float>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::of(((i * 7919 + seed * 104_729) % 1009) as f64 / 1009.0 - 0.5)).collect()
}

/// x += a y.
macro_rules! plain_loops {
    ($module:ident, $type:ty) => {
        mod $module {
            #[inline(never)]
            pub fn axpy(a: $type, y: &[$type], x: &mut [$type]) {
                for (x, y) in x.iter_mut().zip(y) {
                    *x += a * y;
                }
            }

            /// AdamW written by hand.
            #[inline(never)]
            pub fn adamw(
                t: i32,
                rate: $type,
                x: &mut [$type],
                g: &[$type],
                m: &mut [$type],
                v: &mut [$type],
            ) {
                let (b1, b2, epsilon, decay): ($type, $type, $type, $type) =
                    (0.9, 0.999, 1e-8, 0.01);
                let rate_1 = rate / (1.0 - b1.powi(t));
                let root = 1.0 / (1.0 - b2.powi(t)).sqrt();
                for (((x, g), m), v) in x.iter_mut().zip(g).zip(m).zip(v) {
                    *m = b1 * *m + (1.0 - b1) * g;
                    *v = b2 * *v + (1.0 - b2) * g * g;
                    *x = (1.0 - rate * decay) * *x - rate_1 * *m / (v.sqrt() * root + epsilon);
                }
            }

            /// Clipping, L2 decay, a cosine schedule and Adam in one loop, after one for the norm.
            #[inline(never)]
            pub fn chain(t: i32, x: &mut [$type], g: &[$type], m: &mut [$type], v: &mut [$type]) {
                let norm = norm(g);
                let scale: $type = if norm > 1.0 { 1.0 / norm } else { 1.0 };
                let s = f64::from(t - 1) / 1e6;
                let rate = (1e-3 * 0.5 * (1.0 + (std::f64::consts::PI * s).cos())) as $type;
                let (b1, b2, epsilon, decay): ($type, $type, $type, $type) =
                    (0.9, 0.999, 1e-8, 0.01);
                let rate_1 = rate / (1.0 - b1.powi(t));
                let root = 1.0 / (1.0 - b2.powi(t)).sqrt();
                for (((x, g), m), v) in x.iter_mut().zip(g).zip(m).zip(v) {
                    let g = scale * g + decay * *x;
                    *m = b1 * *m + (1.0 - b1) * g;
                    *v = b2 * *v + (1.0 - b2) * g * g;
                    *x -= rate_1 * *m / (v.sqrt() * root + epsilon);
                }
            }

            /// ‖g‖ in sixteen sums.
            #[inline(never)]
            pub fn norm(g: &[$type]) -> $type {
                let mut sums = [0.0 as $type; 16];
                for chunk in g.chunks_exact(16) {
                    for (sum, g) in sums.iter_mut().zip(chunk) {
                        *sum += g * g;
                    }
                }
                sums.iter().sum::<$type>().sqrt()
            }
        }
    };
}

plain_loops!(single, f32);
plain_loops!(double, f64);

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads")
}

fn started<T: Float, R: Rule>(rule: R, n: usize) -> (Updater<T, R>, Vec<T>, Vec<T>) {
    (rule.start(n), vector(n, 1), vector(n, 2))
}

macro_rules! measure {
    ($name:literal, $module:ident, $type:ty) => {{
        let bytes = std::mem::size_of::<$type>() as f64;
        let one = pool(1);

        // Compared with the memory bandwidth.
        let n = 10_000_000;
        let (mut rule, mut x, g) = started::<$type, _>(AdamW::new(1e-3), n);
        let (mut to, y) = (vector::<$type>(n, 3), vector::<$type>(n, 4));
        let (axpy, step) = one.install(|| {
            in_turns(
                30,
                || $module::axpy(1e-9, black_box(&y), &mut to),
                || drop(black_box(rule.step(&mut x, &g))),
            )
        });
        let (of_axpy, of_step) =
            (3.0 * bytes * n as f64 / axpy / 1e9, 7.0 * bytes * n as f64 / step / 1e9);
        println!(
            "{:4} AdamW n = 1e7, 1 thread: {:5.1} GB/s, x += a y {:5.1} GB/s, ratio {:.2} (wanted 0.9)",
            $name, of_step, of_axpy, of_step / of_axpy
        );
        drop((rule, x, g, to, y));

        // Compared with a hand-written loop.
        let n = 1_000_000;
        let (mut rule, mut x, g) = started::<$type, _>(AdamW::new(1e-3), n);
        let [mut hand, mut m, mut v] = [vector(n, 1), vec![0.0; n], vec![0.0; n]];
        let mut t = 0;
        let (by_hand, step) = one.install(|| {
            in_turns(
                200,
                || {
                    t += 1;
                    $module::adamw(t, 1e-3, &mut hand, black_box(&g), &mut m, &mut v);
                },
                || drop(black_box(rule.step(&mut x, &g))),
            )
        });
        println!(
            "{:4} AdamW n = 1e6, 1 thread: {:6.0} us, by hand {:6.0} us, ratio {:.2} (wanted at most 1)",
            $name, step * 1e6, by_hand * 1e6, step / by_hand
        );

        let chain = ClipNorm::new(1.0).then(Decay::l2(0.01)).then(Adam::new(Cosine::new(1e-3, 1_000_000)));
        let (mut rule, mut x, g) = started::<$type, _>(chain, n);
        let mut t = 0;
        let (by_hand, step) = one.install(|| {
            in_turns(
                200,
                || {
                    t += 1;
                    $module::chain(t, &mut hand, black_box(&g), &mut m, &mut v);
                },
                || drop(black_box(rule.step(&mut x, &g))),
            )
        });
        println!(
            "{:4} chain n = 1e6, 1 thread: {:6.0} us, by hand {:6.0} us, ratio {:.2} (wanted at most 1.05)",
            $name, step * 1e6, by_hand * 1e6, step / by_hand
        );

        // On two threads, and the bandwidth limit for two threads: x += a y on as many bytes.
        let two = pool(2);
        let (mut rule, mut x, g) = started::<$type, _>(AdamW::new(1e-3), n);
        let (single, both) = in_rows(&one, &two, || drop(black_box(rule.step(&mut x, &g))));
        let (mut to, y) = (vector::<$type>(2 * n, 3), vector::<$type>(2 * n, 4));
        let (axpy, shared) = in_rows(&one, &two, || {
            let half = if rayon::current_num_threads() == 2 { n } else { 2 * n };
            let ((to_1, to_2), (y_1, y_2)) = (to.split_at_mut(half), y.split_at(half));
            rayon::join(|| $module::axpy(1e-9, y_1, to_1), || $module::axpy(1e-9, y_2, to_2));
        });
        println!(
            "{:4} AdamW n = 1e6, 2 threads: {:5.0} us, 1 thread {:5.0} us, {:.2} times as fast (wanted {}; x += a y {:.2})",
            $name, both * 1e6, single * 1e6, single / both, if bytes == 4.0 { 1.5 } else { 1.7 }, axpy / shared
        );

        // Few parameters.
        let (mut rule, mut x, g) = started::<$type, _>(AdamW::new(1e-3), 10);
        let steps = 10_000;
        let (_, few) = in_turns(30, || (), || {
            for _ in 0..steps {
                drop(black_box(rule.step(&mut x, &g)));
            }
        });
        println!("{:4} AdamW n = 10: {:.3} us a step (wanted at most 0.2)", $name, few / f64::from(steps) * 1e6);
    }};
}

fn main() {
    measure!("f32", single, f32);
    measure!("f64", double, f64);
}
