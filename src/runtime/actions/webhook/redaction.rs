//! Takes secrets out of texts that are shown.

/// Stands for a secret.
pub const MASK: &str = "…";

/// The shortest text that is taken for a secret: a shorter one would mask half of every response.
const SHORTEST_BYTES: usize = 4;

/// The secrets that must not be shown.
#[derive(Default)]
pub struct Redactor(Vec<String>);

impl Redactor {
    /// Adds a secret, and with it each word and its percent-decoded form: a server may send back a part.
    pub fn add(&mut self, text: &str) {
        let parts = text.split(|c: char| c.is_whitespace() || "/?&=;,:@".contains(c));
        for part in parts.chain([text]) {
            for form in [part.to_owned(), percent_decoded(part)] {
                if form.len() >= SHORTEST_BYTES && !self.0.contains(&form) {
                    self.0.push(form);
                }
            }
        }
        // The longest first: a secret that is part of another must not break that up.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// `text` with [`MASK`] for each secret.
    pub fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }

    /// The same for a text that was cut off, perhaps within a secret, perhaps within a character.
    pub fn redact_truncated(&self, text: &str) -> String {
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let mut end = text.len();
        for secret in &self.0 {
            let beginnings = (1..secret.len()).rev().filter(|at| secret.is_char_boundary(*at)).map(|at| &secret[..at]);
            if let Some(beginning) = beginnings.into_iter().find(|beginning| text.ends_with(beginning)) {
                end = end.min(text.len() - beginning.len());
            }
        }
        self.redact(&text[..end])
    }
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let code =
            text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(texts: &[&str]) -> Redactor {
        let mut secrets = Redactor::default();
        texts.iter().for_each(|text| secrets.add(text));
        secrets
    }

    #[test]
    fn a_secret_is_masked_as_a_whole_and_in_parts() {
        let secrets = secrets(&["/services/T0AA/B0BB?key=a%2Fb%20c", "Bearer tok-123", "abc", ""]);
        for (text, masked) in [
            ("Cannot POST /services/T0AA/B0BB?key=a%2Fb%20c!", "Cannot POST …!"),
            ("no team T0AA, channel 'B0BB'", "no team …, channel '…'"),
            ("key a/b c is wrong", "key … is wrong"),
            ("tok-123 was revoked", "… was revoked"),
            ("abc and nothing else", "abc and nothing else"),
        ] {
            assert_eq!(secrets.redact(text), masked);
        }
    }

    #[test]
    fn the_beginning_of_a_truncated_secret_is_not_shown() {
        let secrets = secrets(&["pässword"]);
        assert_eq!(secrets.redact_truncated("pässword is not pässw"), "… is not ");
        assert_eq!(secrets.redact_truncated("is not it"), "is not it");
        assert_eq!(secrets.redact_truncated("ends with pässword"), "ends with …");
        assert_eq!(secrets.redact_truncated(&String::from_utf8_lossy(b"ends with p\xc3")), "ends with ");
    }

    #[test]
    fn broken_percent_codes_are_left_alone() {
        assert_eq!(percent_decoded("100%25 %zz %é %"), "100% %zz %é %");
        assert_eq!(percent_decoded("%C3%A9%2"), "é%2");
    }
}
