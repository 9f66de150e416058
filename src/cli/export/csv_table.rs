//! A table in CSV on stdout, for spreadsheets and other programs: the one writer of it, so that no cell is a formula.

use std::io::{self, BufWriter, StdoutLock};

use csv::{ErrorKind, Writer};

use crate::core::escape::for_cell;
use crate::runtime::console;

/// A table on stdout, a row at a time.
pub struct CsvTable(Writer<BufWriter<StdoutLock<'static>>>);

impl CsvTable {
    /// On stdout, still without a row.
    pub fn on_stdout() -> CsvTable {
        CsvTable(Writer::from_writer(console::out()))
    }

    /// Writes a row. Characters that a terminal obeys are escaped, and formulas marked.
    ///
    /// # Errors
    /// Stdout takes no more, or the row has another length than those before it.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(for_cell(cell.as_ref()).as_bytes()).map_err(io_error)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(io_error)
    }

    /// Passes on what is still in memory.
    ///
    /// # Errors
    /// Stdout takes no more.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A failure of the CSV as one of its writing.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
