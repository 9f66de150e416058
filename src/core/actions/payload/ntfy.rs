//! The message of a topic of ntfy: the body is the text, the rest are headers.
//!
//! Source: ntfy's documentation, "Publishing": `Title`, `Tags`, `Priority`; RFC 2047 for what is not ASCII.

use std::fmt::Write;

use super::{Content, Message, truncate_measured};

/// A longer text becomes an attachment, or is refused, bytes.
pub(super) const LIMIT_BYTES: usize = 4096;
pub(super) const CONTENT_TYPE: &str = "text/plain; charset=utf-8";
/// Names of its headers, in their order.
pub(super) const HEADERS: [&str; 3] = ["Title", "Tags", "Priority"];
/// The text in one encoded word: with its frame at most 75 characters, three for each byte.
const WORD_BYTES: usize = 20;

pub(super) fn message(content: &Content) -> Message {
    let (tags, priority) = if content.is_alert() { ("warning", "high") } else { ("white_check_mark", "low") };
    // An empty body is shown as "triggered".
    let body = if content.body.is_empty() { &content.title } else { &content.body };
    let values = [header_text(&content.title), tags.into(), priority.into()];
    Message {
        path: String::new(),
        content_type: CONTENT_TYPE.into(),
        headers: HEADERS.into_iter().map(String::from).zip(values).collect(),
        body: truncate_measured(body.chars().map(String::from), LIMIT_BYTES, str::len),
    }
}

/// A header's value: as it is where that is safe, else in encoded words (RFC 2047, encoding Q).
fn header_text(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if is_plain && !text.contains("=?") && text == text.trim() {
        return text.to_owned();
    }
    let (mut words, mut word, mut word_bytes) = (Vec::new(), String::new(), 0);
    for c in text.chars() {
        if word_bytes + c.len_utf8() > WORD_BYTES {
            words.push(std::mem::take(&mut word));
            word_bytes = 0;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            if byte.is_ascii_alphanumeric() {
                word.push(char::from(byte));
            } else {
                let _ = write!(word, "={byte:02X}");
            }
        }
        word_bytes += c.len_utf8();
    }
    words.push(word);
    let framed: Vec<String> = words.iter().map(|word| format!("=?UTF-8?Q?{word}?=")).collect();
    framed.join(" ")
}
