//! The proxy that the environment names for https. Plain http never takes one.
//!
//! Source: curl's manual, "Environment" (`https_proxy`, `ALL_PROXY`, `NO_PROXY`), with what a name in `NO_PROXY` covers.

use std::net::IpAddr;

use ureq::Proxy;

use crate::core::actions::substitution::VariableLookup;

/// Where a proxy may be named, in the order in which they are asked. curl asks the same.
const NAMES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// Where hosts are named that take none.
const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxy for `host`, if there is one.
///
/// # Errors
/// Which variable holds no proxy, without its value: it may hold a password.
pub fn for_host(host: &str, environment: &VariableLookup) -> Result<Option<Proxy>, String> {
    let first = |names: &[&'static str]| {
        names
            .iter()
            .find_map(|name| environment(name).filter(|value| !value.trim().is_empty()).map(|value| (*name, value)))
    };
    let Some((name, value)) = first(&NAMES) else { return Ok(None) };
    if first(&EXCEPTIONS).is_some_and(|(_, exceptions)| is_exception(host, &exceptions)) {
        return Ok(None);
    }
    let proxy = Proxy::new(value.trim());
    proxy.map(Some).map_err(|_| {
        format!("the environment variable '{name}' holds no proxy; write it as 'http://proxy.example.com:3128'")
    })
}

/// Whether `exceptions` (names, numbers, networks such as `10.0.0.0/8`, or `*`; between commas or spaces) cover `host`.
fn is_exception(host: &str, exceptions: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let number: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    exceptions.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        match number {
            _ if entry == "*" => true,
            Some(number) => covers(&entry, number),
            None => {
                let name = entry.trim_start_matches("*.").trim_start_matches('.').trim_end_matches('.');
                host == name || host.strip_suffix(name).is_some_and(|before| !name.is_empty() && before.ends_with('.'))
            }
        }
    })
}

/// Whether `entry`, a number or a network, covers `number`.
fn covers(entry: &str, number: IpAddr) -> bool {
    let (network, length) = entry.split_once('/').map_or((entry, None), |(network, length)| (network, Some(length)));
    let Ok(network) = network.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let (network, number, bits) = match (network, number) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let Some(length) = length.map_or(Some(bits), |length| length.parse::<u32>().ok().filter(|l| *l <= bits)) else {
        return false;
    };
    let shift = bits - length;
    network.checked_shr(shift).unwrap_or(0) == number.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)], host: &str) -> Result<Option<String>, String> {
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        for_host(host, &lookup).map(|proxy| proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())))
    }

    #[test]
    fn the_environment_names_the_proxy() {
        let a = Ok(Some("a:3128".to_owned()));
        assert_eq!(proxy(&[], "h"), Ok(None));
        assert_eq!(proxy(&[("HTTPS_PROXY", "http://a:3128"), ("ALL_PROXY", "b:1")], "h"), a);
        assert_eq!(proxy(&[("https_proxy", "a:3128"), ("HTTPS_PROXY", "b:1")], "h"), a);
        assert_eq!(proxy(&[("all_proxy", "socks5://a:3128"), ("https_proxy", " ")], "h"), a);
        assert_eq!(
            proxy(&[("HTTP_PROXY", "http://b:1"), ("http_proxy", "http://b:1")], "h"),
            Ok(None),
            "not for https"
        );
        let problem = proxy(&[("HTTPS_PROXY", "gopher://me:s3cret@b:1")], "h").unwrap_err();
        assert!(problem.contains("'HTTPS_PROXY' holds no proxy") && !problem.contains("s3cret"), "{problem}");
    }

    #[test]
    fn exceptions_take_no_proxy() {
        for (exceptions, host, is_exception) in [
            ("*", "h.example", true),
            ("h.example", "H.example.", true),
            ("example", "h.example", true),
            (".example, x", "h.example", true),
            ("*.example", "h.example", true),
            ("a,example b", "example", true),
            ("xample", "h.example", false),
            ("h.example", "example", false),
            (" , .", "h.example", false),
            ("10.0.0.0/8", "10.9.9.9", true),
            ("10.0.0.0/8", "11.9.9.9", false),
            ("0.0.0.0/0", "11.9.9.9", true),
            ("10.0.0.0/33,10.0.0.0/x", "10.0.0.0", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("0.0.1", "127.0.0.1", false),
            ("::1", "[::1]", true),
            ("fd00::/8", "[fd12::1]", true),
            ("fd00::/8", "[fe80::1]", false),
        ] {
            let found = proxy(&[("HTTPS_PROXY", "a:1"), ("NO_PROXY", exceptions)], host).unwrap();
            assert_eq!(found.is_none(), is_exception, "{exceptions:?} for {host}");
        }
    }
}
