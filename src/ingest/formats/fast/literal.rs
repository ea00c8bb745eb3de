//! What stands at a place is compared with what is expected there eight bytes at a time.

/// A few bytes that are compared eight at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal<const WORDS: usize> {
    words: [u64; WORDS],
    masks: [u64; WORDS],
    length: usize,
}

impl<const WORDS: usize> Literal<WORDS> {
    /// Nothing where there are too many.
    pub(super) fn of(bytes: &[u8]) -> Option<Literal<WORDS>> {
        let mut literal = Literal {
            words: [0; WORDS],
            masks: [0; WORDS],
            length: bytes.len(),
        };
        if bytes.len() > WORDS * 8 {
            return None;
        }
        let parts = bytes.chunks(8);
        for ((word, mask), part) in literal.words.iter_mut().zip(&mut literal.masks).zip(parts) {
            let (mut bytes, mut all) = ([0; 8], [0; 8]);
            for ((byte, all), given) in bytes.iter_mut().zip(&mut all).zip(part) {
                (*byte, *all) = (*given, 0xFF);
            }
            (*word, *mask) = (u64::from_le_bytes(bytes), u64::from_le_bytes(all));
        }
        Some(literal)
    }

    /// What follows them where they stand. Close to the end of what is given they are not found.
    #[inline]
    pub(super) fn behind<'a>(&self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let here = rest.get(..WORDS * 8)?;
        let mut differs = 0;
        for ((part, word), mask) in here.chunks_exact(8).zip(&self.words).zip(&self.masks) {
            let part = u64::from_le_bytes(part.try_into().ok()?);
            differs |= (part ^ word) & mask;
        }
        if differs == 0 {
            rest.get(self.length..)
        } else {
            None
        }
    }
}
