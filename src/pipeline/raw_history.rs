//! The TOML of what an output folder keeps, exactly as it is written; part of `raw.rs`.

use serde::Deserialize;

use super::raw::At;

/// `[retention]`: which runs stay.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRetention {
    pub last: At<i64>,
    pub monthly: bool,
}
