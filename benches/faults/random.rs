//! Random numbers from a seed (xorshift64*).

use std::time::Duration;

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        // Any state but zero will do; small seeds are spread.
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A whole number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        // Sixteen bits fewer than there are: no file here is that long.
        usize::try_from((self.next() >> 16) % end as u64).expect("it is below a usize")
    }

    /// A moment within a duration.
    pub fn within(&mut self, whole: Duration) -> Duration {
        const PARTS: usize = 1 << 20;
        whole.mul_f64(self.below(PARTS) as f64 / PARTS as f64)
    }
}
