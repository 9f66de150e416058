//! Escapes text from outside (names of processes, paths, a server's response) where it is shown.

use std::borrow::Cow;

/// For a terminal: control characters, and characters that reorder or hide text, are written as `\u{1b}`.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_treacherous) {
        return Cow::Borrowed(text);
    }
    let safe = |c: char| if is_treacherous(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(safe).collect())
}

/// For a menu row: `&` would mark the next letter as a shortcut, so it is doubled. (`_` is doubled by muda itself.)
pub fn for_menu(text: &str) -> String {
    for_terminal(text).replace('&', "&&")
}

/// For the body of a notification where the server reads it as markup.
///
/// Source: Desktop Notifications Specification 1.2, "Markup".
pub fn for_markup(text: &str) -> String {
    for_terminal(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// For a cell of a CSV file: a spreadsheet computes a cell that begins like a formula, and would fetch an address or start a
/// program for it. `'` before it makes it text, also behind each `;`, where many a spreadsheet begins the next cell. A cell that
/// was marked stays as it is.
///
/// Source: OWASP, "CSV Injection".
pub fn for_cell(text: &str) -> Cow<'_, str> {
    let begins_oddly = text.starts_with(['\t', '\r', '\n']);
    if !begins_oddly && !text.split(';').any(begins_formula) {
        return for_terminal(text);
    }
    let mut cell = String::new();
    for (index, part) in text.split(';').enumerate() {
        let shown = for_terminal(part);
        // Behind a `;` the blanks come first, so that a list of marked names is not marked again.
        let rest = if index == 0 { &*shown } else { shown.trim_start() };
        cell.push_str(if index == 0 { "" } else { ";" });
        cell.push_str(&shown[..shown.len() - rest.len()]);
        cell.push_str(if begins_formula(part) || (index == 0 && begins_oddly) { "'" } else { "" });
        cell.push_str(rest);
    }
    Cow::Owned(cell)
}

/// Whether a spreadsheet could take a cell with this text for a formula. It may take off quotes at its beginning.
fn begins_formula(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// `text` as one word of a shell's command line.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether `c` is a control (C0, C1, DEL), reorders the text after it, or is not seen. Source: Unicode TR 36, 3.1.
fn is_treacherous(c: char) -> bool {
    c.is_control() || (!c.is_ascii() && INVISIBLE.iter().any(|&(first, last)| (first..=last).contains(&c)))
}

/// The ranges of the property Default_Ignorable_Code_Point of Unicode 15.0.0, neighbours joined: the lines of
/// DerivedCoreProperties-15.0.0.txt that end in its name. It covers the marks of direction, variation selectors, tags, and code
/// points that are kept free for more of the kind. The last three are left out of the property, and yet are not seen:
/// separators of lines and paragraphs (Zl, Zp), the controls of hieroglyphs, and interlinear annotations (Cf).
const INVISIBLE: [(char, char); 20] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fff8}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{fff9}', '\u{fffb}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_reordering_characters_do_not_reach_the_terminal() {
        assert_eq!(
            for_terminal("a\u{1b}]0;owned\u{7}\nb\u{9b}2J\u{202e}gpj"),
            r"a\u{1b}]0;owned\u{7}\u{a}b\u{9b}2J\u{202e}gpj"
        );
        assert!(matches!(for_terminal("CPU 91% – naïve 漢字 👍"), Cow::Borrowed(_)));
    }

    #[test]
    fn characters_that_are_not_seen_are_escaped() {
        let hidden = "\u{ad}\u{34f}\u{115f}\u{180e}\u{200d}\u{2028}\u{fe0f}\u{fff9}\u{fffb}\u{13430}\u{e0001}\u{e007f}";
        let shown = for_terminal(hidden);
        assert_eq!(shown.matches("\\u{").count(), hidden.chars().count(), "{shown}");
        assert!(shown.is_ascii(), "{shown}");
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1", "\t=1", "\rx", "\u{200b}"] {
            let cell = for_cell(formula);
            assert!(cell.starts_with(['\'', '\\']), "{formula:?}: {cell}");
        }
        assert_eq!(for_cell("=cmd|'/C calc'!A0"), "'=cmd|'/C calc'!A0");
        assert_eq!(for_cell("rust-analyzer a=b"), "rust-analyzer a=b");
        assert!(matches!(for_cell("2026-11-22T12:00:00.000+01:00"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_part_of_a_cell_is_a_formula_where_semicolons_part_cells() {
        for (text, expected) in [
            ("x;=1+1", "x;'=1+1"),
            ("x;;  @SUM(A1);y", "x;;  '@SUM(A1);y"),
            ("=1;-1", "'=1;'-1"),
            ("x;\"=1+1", "x;'\"=1+1"),
            ("x; \"\"＋1", "x; '\"\"＋1"),
            ("a;\t=1\u{1b}", r"a;'\u{9}=1\u{1b}"),
            ("a; b-c; d", "a; b-c; d"),
        ] {
            let cell = for_cell(text);
            assert_eq!(cell, expected);
            assert_eq!(for_cell(&cell), cell, "a marked cell is not marked again");
        }
    }

    #[test]
    fn markup_and_shortcut_characters_are_escaped() {
        assert_eq!(for_markup("<b>x</b> & \"y\""), "&lt;b&gt;x&lt;/b&gt; &amp; \"y\"");
        assert_eq!(for_menu("R&D_tool"), "R&&D_tool");
    }
}
