//! `[summary]`, `[sample]` and `[retention]`: shares between 0 and 1, a seed that is there, one run at least.

use super::Valid;
use crate::pipeline::model::{Retention, Sample, Summary};
use crate::pipeline::raw::At;

impl Valid<'_> {
    pub(super) fn summary(&mut self) -> Option<Summary> {
        let Some(block) = &self.raw.summary else {
            return self.absent("summary");
        };
        let s = &block.value;
        Some(Summary {
            most: self.unsigned(block.file, &s.most, 1_000),
            flagged_share: self.share(block.file, &s.flagged_share),
        })
    }

    pub(super) fn sample(&mut self) -> Option<Sample> {
        let Some(block) = &self.raw.sample else {
            return self.absent("sample");
        };
        let s = &block.value;
        if s.seed.get_ref().is_empty() {
            self.wrong(block.file, s.seed.span(), "the seed is empty", None);
        }
        Some(Sample {
            share: self.share(block.file, &s.share),
            seed: s.seed.get_ref().clone(),
        })
    }

    /// A pipeline may do without: then no run is removed.
    pub(super) fn retention(&mut self) -> Option<Retention> {
        let block = self.raw.retention.as_ref()?;
        let last = &block.value.last;
        let most = 100_000;
        if !(1..=most).contains(last.get_ref()) {
            let message = format!("{} is out of range", last.get_ref());
            let help = format!("write a number from 1 to {most}");
            self.wrong(block.file, last.span(), message, Some(help));
        }
        Some(Retention {
            last: usize::try_from(*last.get_ref()).unwrap_or(1).max(1),
            monthly: block.value.monthly,
        })
    }

    fn absent<T>(&mut self, block: &str) -> Option<T> {
        if self.raw.undecoded.is_empty() {
            self.wrong(0, 0..0, format!("there is no [{block}] block"), None);
        }
        None
    }

    fn share(&mut self, file: usize, share: &At<f64>) -> f64 {
        let value = *share.get_ref();
        if !(0.0..=1.0).contains(&value) {
            let help = "write a share from 0 to 1";
            let message = format!("{value} is out of range");
            self.wrong(file, share.span(), message, Some(help.to_string()));
        }
        value
    }
}
