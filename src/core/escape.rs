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

/// `text` as one word of a shell's command line.
pub fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Whether `c` is a control (C0, C1, DEL), or reorders or hides the text after it. Source: Unicode TR 36, 3.1.
fn is_treacherous(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    c.is_control() || reorders || hides
}

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
    fn markup_and_shortcut_characters_are_escaped() {
        assert_eq!(for_markup("<b>x</b> & \"y\""), "&lt;b&gt;x&lt;/b&gt; &amp; \"y\"");
        assert_eq!(for_menu("R&D_tool"), "R&&D_tool");
    }
}
