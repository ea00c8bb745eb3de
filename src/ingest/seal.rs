//! What tells the bytes of a submission from all others, found while they pass by: by it a submission is known that was read
//! before. Published and kept beside it is SHA-256, by which people check files; this one takes a fifth of its time. The only
//! file that names blake3.

use crate::pipeline::load::hex;

/// So many of the first bytes of a submission make its mask.
const MASKING: usize = 1 << 16;
/// What the mask is for, as the hash function wants it said: another text gives other masks.
const MASK_OF: &str = "junheng 2026 what was read of a submission, masked with its own bytes";

/// The seal of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    hash: [u8; 32],
    /// Made from the first bytes themselves: nobody can tell it from the hash.
    mask: [u8; 32],
    bytes: u64,
}

impl Seal {
    /// The seal of bytes that are all there.
    pub fn of(bytes: &[u8]) -> Seal {
        let mut passing = Passing::default();
        passing.pass(bytes);
        passing.seal()
    }

    /// The hash of all bytes (BLAKE3), hexadecimal.
    pub fn hash(&self) -> String {
        hex(&self.hash)
    }

    /// How many bytes there are.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A text under a mask that needs the submission's own first bytes: applied twice it gives the text again.
    pub fn masked(&self, text: &[u8]) -> Vec<u8> {
        let mut mask = vec![0; text.len()];
        let mut stream = blake3::Hasher::new_keyed(&self.mask).finalize_xof();
        stream.fill(&mut mask);
        text.iter().zip(mask).map(|(byte, m)| byte ^ m).collect()
    }
}

/// A seal while the bytes pass by.
pub struct Passing {
    hash: blake3::Hasher,
    mask: blake3::Hasher,
    bytes: u64,
}

impl Default for Passing {
    fn default() -> Passing {
        Passing {
            hash: blake3::Hasher::new(),
            mask: blake3::Hasher::new_derive_key(MASK_OF),
            bytes: 0,
        }
    }
}

impl Passing {
    /// Takes the next bytes.
    pub fn pass(&mut self, bytes: &[u8]) {
        let before = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let first = bytes.len().min(MASKING.saturating_sub(before));
        self.mask.update(&bytes[..first]);
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// The seal of what has passed.
    pub fn seal(self) -> Seal {
        Seal {
            hash: self.hash.finalize().into(),
            mask: self.mask.finalize().into(),
            bytes: self.bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_text_needs_the_submission() {
        let text = "任何人写下的任何话 ".repeat(9);
        let seal = Seal::of(b"the submission");
        let kept = seal.masked(text.as_bytes());
        assert_ne!(kept, text.as_bytes());
        assert_eq!(seal.masked(&kept), text.as_bytes());
        let other = Seal::of(b"another one").masked(&kept);
        assert_ne!(other, text.as_bytes());
    }

    #[test]
    fn the_seal_hangs_on_all_bytes_and_not_on_how_they_pass() {
        let bytes: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let whole = Seal::of(&bytes);
        let mut passing = Passing::default();
        for part in bytes.chunks(999) {
            passing.pass(part);
        }
        assert_eq!(passing.seal(), whole);
        let mut other = bytes.clone();
        other[150_000] ^= 1;
        assert_ne!(Seal::of(&other).hash(), whole.hash());
        assert_eq!(whole.bytes(), 200_000);
        // The published test vector of no bytes.
        assert!(Seal::of(b"").hash().starts_with("af1349b9f5f9a1a6"));
    }
}
