//! The sheet on which a county answers to its findings: which table, form and columns it is read into.

/// The table, with the columns that the program knows by name.
pub const TABLE: &str = "explanation";
pub const FINDING: &str = "finding";
pub const REASON: &str = "reason";
pub const TEXT: &str = "explanation";
/// The reason that says that the value was corrected; all others say why it is right.
pub const CORRECTED: &str = "corrected";

/// Where the answers stand: indices of the table, its form and its columns.
#[derive(Debug, Clone, Copy)]
pub struct Returned {
    pub table: usize,
    pub form: usize,
    pub finding: usize,
    pub reason: usize,
    pub text: usize,
}
