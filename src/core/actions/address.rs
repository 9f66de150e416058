//! Slips in the address of a webhook that can be named before it is used.

use crate::core::text::actions::webhook as text;

/// The first slip in `address`, as a sentence that does not repeat it, since its path may be a secret; `None` where there is
/// none. Variables (`${NAME}`) stand for themselves: the whole is looked at again once they are expanded.
pub fn slip(address: &str) -> Option<String> {
    let address = address.trim();
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(text::HAS_SPACE.into());
    }
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains("${") {
        return None;
    }
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (host_and_port, None),
    };
    if !host.is_ascii() {
        return Some(text::INTERNATIONAL_NAME.into());
    }
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    (!port.is_none_or(is_port)).then(|| text::BAD_PORT.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_named_without_the_address() {
        for (address, named) in [
            ("https://h/a b", "has a space"),
            ("https://h h/", "has a space"),
            ("https://h/a\tb", "has a space"),
            ("https://h/a\u{a0}b", "has a space"),
            ("https://münchen.example/x", "Punycode"),
            ("https://me@例え.jp:99999/x", "Punycode"),
            ("https://h:65536/", "a port that there is not"),
            ("https://h:0/", "a port that there is not"),
            ("https://h:x/", "a port that there is not"),
            ("https://h:/", "a port that there is not"),
            ("https://h:+80/", "a port that there is not"),
            ("https://[::1]:99999", "a port that there is not"),
        ] {
            let slip = slip(address).unwrap();
            assert!(slip.contains(named) && !slip.contains(address), "{address}: {slip}");
        }
    }

    #[test]
    fn an_address_without_a_slip_has_none() {
        for address in [
            "https://h",
            " https://h/é?q=ü ",
            "http://[::1]:9/x",
            "https://h:65535#x",
            "https://${HOST}:${PORT}/x",
            "${URL}",
            "https://xn--mnchen-3ya.example/",
        ] {
            assert_eq!(slip(address), None, "{address}");
        }
    }
}
