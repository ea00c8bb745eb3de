//! Random numbers of its own, so that the figures are the same on every machine and with every version of every crate:
//! xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64, and the samplers that the generator needs.

/// A stream of random numbers.
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        let mut place = seed;
        let state = std::array::from_fn(|_| {
            place = place.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = place;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        });
        Self { state }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        result
    }

    /// In [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// In [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A whole number in [0, count).
    pub fn below(&mut self, count: usize) -> usize {
        (self.uniform() * count as f64) as usize
    }

    /// True with this chance.
    pub fn happens(&mut self, chance: f64) -> bool {
        self.uniform() < chance
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma with scale 1 and a shape of at least 1, by Marsaglia and Tsang 2000.
    fn gamma(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.uniform()).ln() < x * x / 2.0 + d * (1.0 - v + v.ln()) {
                return d * v;
            }
        }
    }

    /// Beta with shapes of at least 1.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }

    /// Binomial, trial by trial.
    pub fn binomial(&mut self, trials: f64, chance: f64) -> f64 {
        (0..trials as u64).filter(|_| self.happens(chance)).count() as f64
    }

    /// Poisson for means below some hundreds, by Knuth's product.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        let floor = (-mean).exp();
        let (mut product, mut count) = (self.uniform(), 0.0);
        while product > floor {
            product *= self.uniform();
            count += 1.0;
        }
        count
    }
}
