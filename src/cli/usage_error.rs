//! Mistakes of the user: in the command line, the settings or an input file.

use std::error::Error;
use std::fmt;

/// A mistake in the command line or an input file. It has an exit status of its own.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for UsageError {}
