//! A table on the terminal that is brought up to date in place: only rows that changed are written again.

use std::collections::HashSet;
use std::io::{self, IsTerminal, stdout};

use rustix::termios::tcgetwinsize;

use super::print_text;

/// Moves to the top left, and erases the screen.
///
/// Source: ECMA-48, CUP and ED.
pub const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// The size of a terminal that does not tell its own, in rows and columns: that of a VT100.
const DEFAULT_SIZE: (usize, usize) = (24, 80);

/// The table as the terminal shows it. Without a terminal nothing is moved: the rows that are new follow the earlier ones.
pub struct LiveTable {
    is_terminal: bool,
    size: (usize, usize),
    /// `None` before the first time.
    shown: Option<Vec<String>>,
}

impl LiveTable {
    /// Nothing is shown yet on stdout.
    pub fn on_stdout() -> LiveTable {
        LiveTable { is_terminal: stdout().is_terminal(), size: DEFAULT_SIZE, shown: None }
    }

    /// Whether it stays in place: stdout is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows these rows, whose texts are escaped. Nothing is written where none has changed.
    pub fn show(&mut self, rows: &[String]) -> io::Result<()> {
        let text = if self.is_terminal {
            let size = size();
            let rows = fitting(rows, size);
            // The terminal may have broken the rows in another way.
            let before = self.shown.take().filter(|_| self.size == size);
            let text = changes(before.as_deref(), &rows);
            (self.size, self.shown) = (size, Some(rows));
            text
        } else {
            let before: HashSet<String> = self.shown.replace(rows.to_vec()).into_iter().flatten().collect();
            rows.iter().filter(|row| !before.contains(*row)).map(String::as_str).collect::<Vec<_>>().join("\n")
        };
        if text.is_empty() { Ok(()) } else { print_text(&text) }
    }
}

/// Source: tty_ioctl(4), TIOCGWINSZ, by `rustix::termios::tcgetwinsize`.
fn size() -> (usize, usize) {
    let told = tcgetwinsize(stdout()).ok().map(|size| (usize::from(size.ws_row), usize::from(size.ws_col)));
    told.filter(|(rows, columns)| *rows > 2 && *columns > 0).unwrap_or(DEFAULT_SIZE)
}

/// The rows that a terminal of this size has room for, with one left for the cursor, each cut to its width. A row that is
/// broken would move those below it. A letter beyond ASCII may be two columns wide.
fn fitting(rows: &[String], (height, width): (usize, usize)) -> Vec<String> {
    let cut = |row: &String| {
        let mut columns = 0;
        let has_room = |c: &char| {
            columns += if c.is_ascii() { 1 } else { 2 };
            columns <= width
        };
        row.chars().take_while(has_room).collect()
    };
    let mut fitting: Vec<String> = rows.iter().take(height - 1).map(cut).collect();
    if let Some(last) = fitting.last_mut().filter(|_| rows.len() > height - 1) {
        *last = "…".into();
    }
    fitting
}

/// The text that makes `after` of `before`: each changed row at its place, and the cursor below the last. Without `before` the
/// screen is cleared. Empty where nothing has changed.
///
/// Source: ECMA-48, CUP, EL and ED.
fn changes(before: Option<&[String]>, after: &[String]) -> String {
    let mut text = String::new();
    let Some(before) = before else { return format!("{CLEAR}{}", after.join("\n")) };
    for (index, row) in after.iter().enumerate().filter(|(index, row)| before.get(*index) != Some(row)) {
        text.push_str(&format!("\u{1b}[{};1H{row}\u{1b}[K", index + 1));
    }
    if before.len() > after.len() {
        text.push_str(&format!("\u{1b}[{};1H\u{1b}[J", after.len() + 1));
    }
    // The line feed that follows moves the cursor below the last row.
    if !text.is_empty() {
        text.push_str(&format!("\u{1b}[{};1H", after.len().max(1)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<const N: usize>(rows: [&str; N]) -> Vec<String> {
        rows.map(String::from).to_vec()
    }

    #[test]
    fn only_changed_rows_are_written() {
        let before = rows(["head", "a 1", "b 1", "c 1"]);
        assert_eq!(changes(None, &before), "\u{1b}[H\u{1b}[2Jhead\na 1\nb 1\nc 1");
        assert_eq!(changes(Some(&before), &before), "");
        let changed = changes(Some(&before), &rows(["head", "a 1", "b 2", "c 1"]));
        assert_eq!(changed, "\u{1b}[3;1Hb 2\u{1b}[K\u{1b}[4;1H");
        let longer = changes(Some(&before), &rows(["head", "a 1", "b 1", "c 1", "d 1"]));
        assert_eq!(longer, "\u{1b}[5;1Hd 1\u{1b}[K\u{1b}[5;1H");
        let shorter = changes(Some(&before), &rows(["head", "a 1"]));
        assert_eq!(shorter, "\u{1b}[3;1H\u{1b}[J\u{1b}[2;1H");
    }

    #[test]
    fn rows_beyond_the_terminal_are_left_out() {
        let many = rows(["0123456789", "漢字漢字", "c", "d"]);
        assert_eq!(fitting(&many, (5, 6)), ["012345", "漢字漢", "c", "d"]);
        assert_eq!(fitting(&many, (4, 80)), ["0123456789", "漢字漢字", "…"]);
    }
}
