//! Random numbers that are the same on every machine, and rounding.

/// splitmix64.
pub struct Rng(pub u64);

impl Rng {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
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

    pub fn one_in(&mut self, number: u32) -> bool {
        number > 0 && self.whole(1, number) == 1
    }
}

/// Rounded up to a whole number of `parts`-ths; what is whole but for a binary representation's error stays.
pub fn up(value: f64, parts: f64) -> f64 {
    (value * parts - 1e-9).ceil() / parts
}

pub fn cents(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
