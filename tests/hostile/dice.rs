//! Random numbers from a seed, including the unusual ones that break programs.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): a case is its seed, whatever a library draws.
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// Numbers at and beyond the ends of most ranges.
const ODD: [f64; 12] = [
    0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    f64::EPSILON,
];

/// How many settings are drawn from [`ODD`].
const ODDITY: f64 = 0.04;

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// 10 to a power in [low, high].
    pub fn power(&mut self, low: f64, high: f64) -> f64 {
        10_f64.powf(self.between(low, high))
    }

    pub fn index(&mut self, below: usize) -> usize {
        (self.bits() % below as u64) as usize
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    pub fn odd(&mut self) -> f64 {
        self.pick(&ODD)
    }

    fn usual(&mut self, usual: impl FnOnce(&mut Self) -> f64) -> f64 {
        if self.chance(ODDITY) { self.odd() } else { usual(self) }
    }

    /// A setting between 0 and 1.
    pub fn share(&mut self) -> f64 {
        self.usual(|dice| match dice.index(3) {
            0 => dice.power(-6.0, 0.0),
            1 => 1.0 - dice.power(-6.0, -0.5),
            _ => dice.unit(),
        })
    }

    /// A setting above 1.
    pub fn growth(&mut self) -> f64 {
        self.usual(|dice| 1.0 + dice.power(-2.0, 2.0))
    }

    /// A positive setting.
    pub fn size(&mut self) -> f64 {
        self.usual(|dice| dice.power(-6.0, 1.5))
    }

    /// A tolerance.
    pub fn tiny(&mut self) -> f64 {
        self.usual(|dice| dice.power(-16.0, -2.0))
    }

    pub fn flag(&mut self) -> bool {
        self.chance(0.5)
    }

    /// A number of things.
    pub fn count(&mut self) -> usize {
        if self.chance(ODDITY) {
            self.pick(&[0, 1, 1 << 40, usize::MAX])
        } else {
            1 + self.index(40)
        }
    }

    /// The size of a population or of a batch.
    pub fn small(&mut self) -> usize {
        if self.chance(ODDITY) { self.index(4) } else { 1 + self.index(30) }
    }

    /// A number of steps.
    pub fn steps(&mut self) -> u64 {
        self.count() as u64
    }

    /// A number of steps that may all be made.
    pub fn few_steps(&mut self) -> u64 {
        self.small() as u64
    }

    /// A small number.
    pub fn few(&mut self) -> u32 {
        if self.chance(ODDITY) { u32::MAX } else { self.index(6) as u32 }
    }

    pub fn seed(&mut self) -> u64 {
        self.bits()
    }
}

/// A number without pattern, the same for the same one.
pub fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A number without pattern, the same for the same point.
pub fn hash(x: &[f64]) -> u64 {
    x.iter().fold(x.len() as u64, |hash, x| mixed(hash ^ x.to_bits()))
}

/// In [0, 1), from a hash.
pub fn fraction(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}
