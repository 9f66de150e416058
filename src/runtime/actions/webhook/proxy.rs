//! The proxy that the environment names for https. Plain http never uses one.
//!
//! Source: curl's manual, "Environment" (`https_proxy`, `ALL_PROXY`, `NO_PROXY`), with what a name in `NO_PROXY` covers.

use std::net::IpAddr;

use ureq::Proxy;

use crate::core::actions::substitution::VariableLookup;
use crate::core::text::actions::webhook::bad_proxy;

/// The variables that may name a proxy, in the order in which they are read; the same as curl's.
const PROXY_VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
/// The variables that list hosts without a proxy.
const EXCEPTION_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxy for `host`, if there is one. An error names the variable without its value: that may hold a password.
pub fn for_host(host: &str, environment: &VariableLookup) -> Result<Option<Proxy>, String> {
    let first = |names: &[&'static str]| {
        let mut set = names.iter().filter_map(|name| Some((*name, environment(name)?)));
        set.find(|(_, value)| !value.trim().is_empty())
    };
    let Some((name, value)) = first(&PROXY_VARIABLES) else { return Ok(None) };
    if first(&EXCEPTION_VARIABLES).is_some_and(|(_, exceptions)| is_exception(host, &exceptions)) {
        return Ok(None);
    }
    Proxy::new(value.trim()).map(Some).map_err(|_| bad_proxy(name))
}

/// Whether `exceptions` (names, IP addresses, networks such as `10.0.0.0/8`, or `*`; between commas or spaces) cover `host`.
fn is_exception(host: &str, exceptions: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    exceptions.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        match address {
            _ if entry == "*" => true,
            Some(address) => covers(&entry, address),
            None => {
                let name = entry.trim_start_matches("*.").trim_start_matches('.').trim_end_matches('.');
                host == name || host.strip_suffix(name).is_some_and(|before| !name.is_empty() && before.ends_with('.'))
            }
        }
    })
}

/// Whether `entry`, an IP address or a network, covers `address`.
fn covers(entry: &str, address: IpAddr) -> bool {
    let (network, length) = entry.split_once('/').map_or((entry, None), |(network, length)| (network, Some(length)));
    let Ok(network) = network.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let (network, address, bits) = match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    let Some(length) = length.map_or(Some(bits), |length| length.parse::<u32>().ok().filter(|l| *l <= bits)) else {
        return false;
    };
    let shift = bits - length;
    network.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
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
    fn exceptions_use_no_proxy() {
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
