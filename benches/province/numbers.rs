//! Random numbers from a seed, the same on every machine: only additions, multiplications and divisions, no library's exp or ln.

/// splitmix64.
pub struct Rng(u64);

/// What numbers are drawn for. Each county has a stream of its own for each, so that its schools do not depend on how many
/// counties or respondents there are.
#[derive(Clone, Copy)]
pub enum Purpose {
    Schools = 1,
    Answers = 2,
}

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    pub fn of(seed: u64, county: usize, purpose: Purpose) -> Rng {
        let mut rng = Rng(seed);
        for part in [county as u64, purpose as u64] {
            rng.0 = rng.bits() ^ part.wrapping_add(1).wrapping_mul(STEP);
        }
        rng
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Both ends are possible.
    pub fn whole(&mut self, from: u32, to: u32) -> u32 {
        from + (self.bits() % u64::from(to - from + 1)) as u32
    }

    pub fn real(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * ((self.bits() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// True in so many of 100 cases.
    pub fn percent(&mut self, chance: f64) -> bool {
        self.real(0.0, 100.0) < chance
    }

    /// About normal, with mean 0 and standard deviation 1; never beyond 6.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.real(0.0, 1.0)).sum::<f64>() - 6.0
    }
}

/// e to the power of `x`, near enough for a distribution's shape.
pub fn growth(x: f64) -> f64 {
    (0..12).fold(1.0 + x / 4096.0, |power, _| power * power)
}

/// Rounded up to a whole number of `parts`-ths; what is whole but for a binary representation's error stays.
pub fn up(value: f64, parts: f64) -> f64 {
    (value * parts - 1e-9).ceil() / parts
}

pub fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
