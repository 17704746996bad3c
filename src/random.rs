//! The one source of randomness: ChaCha with 8 rounds, drawn in one thread and in order. A generator that goes on from step to
//! step is stored in checkpoints; the others begin anew, from a seed and the number of a step, an epoch or a component.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most numbers generated at once.
pub(crate) const BLOCK: usize = 32;

/// The words of 32 bits in a stream: 2⁶⁴ blocks of 16. After them it begins again.
const PERIOD: u128 = 1 << 68;

/// low (1 − share) + high share, for finite low ≤ high: this form is finite, however far apart they are.
pub(crate) fn interpolated(low: f64, high: f64, share: f64) -> f64 {
    (low * (1.0 - share) + high * share).max(low).min(high)
}

/// A generator of random numbers that a population draws from. The same seed gives the same numbers everywhere.
#[derive(Debug, PartialEq, Eq)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The generator of a key. A key has 2⁶⁴ streams, independent of each other: this is the start of stream 0.
    pub(crate) fn of_key(key: [u8; 32]) -> Self {
        Self(ChaCha8Rng::from_seed(key))
    }

    /// The start of another stream of the same key.
    pub(crate) fn stream(mut self, stream: u64) -> Self {
        self.0.set_stream(stream);
        self
    }

    /// The same stream, after that many words of 32 bits from its start.
    pub(crate) fn at_word(mut self, words: u128) -> Self {
        self.0.set_word_pos(words);
        self
    }

    /// True when both draw from one stream of one key, at any two places.
    pub(crate) fn has_the_stream_of(&self, other: &Self) -> bool {
        self.0.get_seed() == other.0.get_seed() && self.0.get_stream() == other.0.get_stream()
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// Writes up to [`BLOCK`] numbers uniform in [0, 1), which is faster than one at a time.
    pub(crate) fn units(&mut self, numbers: &mut [f64]) {
        let mut bytes = [0; 8 * BLOCK];
        let bytes = &mut bytes[..8 * numbers.len()];
        self.0.fill_bytes(bytes);
        for (number, word) in numbers.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *number = (u64::from_le_bytes(*word) >> 11) as f64 * (0.5 * f64::EPSILON);
        }
    }

    /// Uniform in [low, high], finite; `low` when the interval is empty.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        let share = self.unit();
        if low < high { interpolated(low.max(f64::MIN), high.min(f64::MAX), share) } else { low }
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Standard Cauchy, tan(π (u − ½)).
    pub fn cauchy(&mut self) -> f64 {
        (std::f64::consts::PI * (self.unit() - 0.5)).tan()
    }

    /// χ² with the given degrees of freedom; 0 when they are not positive.
    pub fn chi_squared(&mut self, freedom: f64) -> f64 {
        ChiSquared::new(freedom).map_or(0.0, |chi_squared| chi_squared.sample(&mut self.0))
    }

    /// One of 0, 1, ..., `below` − 1; 0 when `below` is 0.
    pub fn index(&mut self, below: usize) -> usize {
        if below == 0 { 0 } else { self.0.random_range(0..below) }
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Puts a slice into random order.
    pub fn shuffle<T>(&mut self, slice: &mut [T]) {
        for last in (1..slice.len()).rev() {
            slice.swap(last, self.index(last + 1));
        }
    }

    /// 32 random bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// 64 random bits: two words, the low one first.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

impl Clone for Random {
    /// By way of the state, because the generators of `rand` have no `Clone`.
    fn clone(&self) -> Self {
        Self(ChaCha8Rng::deserialize_state(&self.0.serialize_state()))
    }
}

/// Key, stream and place, which determine all numbers to come, also in the middle of a block.
impl Serialize for Random {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0.get_seed(), self.0.get_stream(), self.0.get_word_pos()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Random {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, stream, words) = <([u8; 32], u64, u128)>::deserialize(deserializer)?;
        if words >= PERIOD {
            return Err(D::Error::custom("a place beyond the end of a stream of random numbers"));
        }
        Ok(Self::of_key(key).stream(stream).at_word(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(random: &Random) -> Vec<u8> {
        postcard::to_stdvec(random).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Random, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// Two blocks of J. Strömbergson, "Test vectors for the stream cipher ChaCha",
    /// draft-strombergson-chacha-test-vectors-01 (2013), TC1: key and initialization vector of zeros, 256 bits, 8 rounds.
    #[test]
    fn the_numbers_are_those_of_chacha() {
        let bytes: [u64; 16] = [
            0x3e00_ef2f_895f_40d6,
            0x7f5b_b8e8_1f09_a5a1,
            0x2c84_0ec3_ce9a_7f3b,
            0x181b_e188_ef71_1a1e,
            0x984c_e172_b921_6f41,
            0x9f44_5367_456d_5619,
            0x314a_42a3_da86_b001,
            0x387b_fdb8_0e0c_fe42,
            0xd2ae_fa0d_eaa5_c151,
            0xbf0a_db6c_01f2_a5ad,
            0xc0fd_5812_59f9_a2aa,
            0xdcf2_0f8f_d566_a26b,
            0x5032_ec38_bbc5_da98,
            0xee0c_6f56_8b87_2a65,
            0xa08a_bf25_1deb_21bb,
            0x4b56_e5d8_821e_68aa,
        ];
        let mut random = Random::of_key([0; 32]);
        assert_eq!(bytes, [(); 16].map(|()| random.bits().swap_bytes()));
    }

    /// The numbers of rand_chacha 0.10: a run with a seed must not change.
    #[test]
    fn the_numbers_of_a_seed_are_fixed() {
        let mut random = Random::new(7);
        let bits = [0x2865_5334_23d7_43bb, 0x2b01_59d3_2e9b_293a, 0xb44b_70b9_4524_9531];
        assert_eq!([(); 3].map(|()| random.bits()), bits);
        assert_eq!((random.word(), random.bits()), (0x093e_3ae3, 0x1237_db88_ba0b_b7b6));
        let reals = [0.8109434932938914, -0.6709076970348684, 1.1936409703549762];
        assert_eq!([random.unit(), random.normal(), random.chi_squared(3.0)], reals);
        assert_eq!(random.index(1000), 364);
        let mut units = [0.0; 2];
        random.units(&mut units);
        assert_eq!(units, [0.9899724639238063, 0.2002376130447513]);

        // Across a carry from the lower half of the block's number to the upper.
        let mut random = Random::new(7).stream(3).at_word((1 << 40) - 3);
        let bits = [0xdf94_6e06_3af9_55ee, 0xb02e_1fda_f8de_1a09, 0x1d90_d925_5c1a_4d38];
        assert_eq!([(); 3].map(|()| random.bits()), bits);
    }

    #[test]
    fn a_stored_generator_goes_on_alike_from_any_word() {
        for words in [0, 1, 15, 16, 17, 63, 64, 65, 1000] {
            let mut random = Random::new(7).stream(3);
            for _ in 0..words {
                random.word();
            }
            let mut resumed = read(&written(&random)).unwrap();
            let mut moved = Random::new(7).stream(3).at_word(words);
            let mut copied = random.clone();
            assert!(resumed == random && moved == random && copied == random, "{words}");
            for _ in 0..200 {
                let word = random.word();
                assert_eq!([resumed.word(), moved.word(), copied.word()], [word; 3], "{words}");
            }
            assert!(resumed == random && random.has_the_stream_of(&Random::new(7).stream(3)));
            assert_ne!(random, moved.at_word(words));
        }
    }

    #[test]
    fn hostile_bytes_are_an_error_or_a_generator() {
        let bytes = written(&Random::new(7).stream(3).at_word(1000));
        assert!((0..bytes.len()).all(|length| read(&bytes[..length]).is_err()));
        for i in 0..bytes.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = bytes.clone();
                bytes[i] = byte;
                if let Ok(mut random) = read(&bytes) {
                    random.bits();
                    assert_eq!(read(&written(&random)).unwrap(), random);
                }
            }
        }
        let at = |words: u128| postcard::to_stdvec(&([7_u8; 32], u64::MAX, words)).unwrap();
        for words in [PERIOD, PERIOD + 1000, u128::MAX] {
            assert!(read(&at(words)).is_err(), "{words}");
        }
        // The end of the stream is a place like any other.
        for words in PERIOD - 70..PERIOD {
            let mut random = read(&at(words)).unwrap();
            for _ in words..PERIOD {
                random = read(&written(&random)).unwrap();
                random.word();
            }
            assert_eq!(written(&random), at(0));
            assert_eq!(random.bits(), read(&at(0)).unwrap().bits());
        }
    }
}
