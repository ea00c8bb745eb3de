//! Why a run could not be carried out. Bad data is never an error: it is a [`crate::finding::Finding`].

/// An error ends the run; each kind has its exit code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Wrong use of the command line.
    #[error("{0}")]
    Usage(String),
    /// Mistakes in pipeline files, shown with their places.
    #[error("{0}")]
    Pipeline(String),
    /// The input as a whole cannot be read.
    #[error("{0}")]
    Input(String),
    /// The output cannot be written.
    #[error("{0}")]
    Output(String),
    /// Another run holds the output folder.
    #[error("{0}")]
    Locked(String),
    /// The program is at fault.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl Error {
    /// The exit code of the contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Usage(_) | Error::Pipeline(_) => 2,
            Error::Input(_) => 3,
            Error::Locked(_) => 4,
            Error::Output(_) | Error::Internal(_) => 70,
        }
    }
}

impl From<polars::prelude::PolarsError> for Error {
    fn from(e: polars::prelude::PolarsError) -> Self {
        Error::Internal(format!("data frame: {e}"))
    }
}
