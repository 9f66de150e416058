//! The endpoint's settings, checked together: where it may listen, and who may ask.

use ::core::net::SocketAddr;

use crate::core::actions::substitution::{VariableLookup, expand};
use crate::core::private_network::is_private;
use crate::core::settings::Settings;
use crate::core::settings::layers::trust::{LISTEN, TOKEN};
use crate::core::text::fleet::endpoint as text;

/// The options of an endpoint that may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointOptions {
    pub address: SocketAddr,
    /// Every request must bear it; `None` where anybody on this machine may ask.
    pub token: Option<String>,
}

impl EndpointOptions {
    /// The options by the settings; `None` where nothing is to be served. `lookup` finds the variables in the token.
    ///
    /// # Errors
    /// When other machines could ask without a token, or the whole world could, or the token cannot be one, or others could have
    /// chosen address or token: a sentence with the way out, without the token.
    pub fn of(settings: &Settings, lookup: &VariableLookup) -> Result<Option<EndpointOptions>, String> {
        let Some(address) = settings.metrics.listen else { return Ok(None) };
        if let Some(key) = [LISTEN, TOKEN].into_iter().find(|key| settings.untrusted.contains(key)) {
            return Err(text::untrusted(key));
        }
        let expanded = settings.metrics.token.as_ref().map(|token| expand(token, lookup)).transpose();
        let token = expanded.map_err(|e| text::bad_token(format_args!("cannot be used: {e}")))?.map(|token| token.text);
        if let Some(problem) = token.as_deref().and_then(token_problem) {
            return Err(text::bad_token(problem));
        }
        if !is_private(address.ip()) {
            return Err(text::public_address(address));
        }
        if token.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(text::needs_token(address));
        }
        Ok(Some(EndpointOptions { address, token }))
    }
}

/// Source: RFC 6750, 2.1, "b64token".
fn token_problem(token: &str) -> Option<&'static str> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    match token {
        "" => Some(text::TOKEN_EMPTY),
        token => (!token.chars().all(is_allowed)).then_some(text::TOKEN_CHARACTERS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::settings::Overrides;
    use crate::core::settings::metrics::MetricsSettings;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("abc/+=.~_-1".into()),
            "BAD" => Some("two words".into()),
            _ => None,
        }
    }

    fn of(listen: &str, token: Option<&str>) -> Result<Option<EndpointOptions>, String> {
        EndpointOptions::of(&settings(listen, token), &lookup)
    }

    fn settings(listen: &str, token: Option<&str>) -> Settings {
        let (listen, token) = (Some(listen.parse().unwrap()), token.map(str::to_owned));
        Settings { metrics: MetricsSettings { listen, token, push: None }, ..Settings::DEFAULT }
    }

    #[test]
    fn an_address_or_a_token_that_others_could_choose_is_refused() {
        for key in [LISTEN, TOKEN] {
            let settings = Settings { untrusted: vec![key], ..settings("127.0.0.1:9912", Some("secret")) };
            assert_eq!(EndpointOptions::of(&settings, &lookup), Err(text::untrusted(key)));
        }
        let by_hand = Overrides { listen: Some("127.0.0.1:1".parse().unwrap()), ..Overrides::default() };
        for (key, is_served) in [(LISTEN, true), (TOKEN, false)] {
            let settings = Settings { untrusted: vec![key], ..settings("127.0.0.1:9912", Some("secret")) };
            assert_eq!(EndpointOptions::of(&by_hand.apply_to(&settings), &lookup).is_ok(), is_served, "{key}");
        }
    }

    #[test]
    fn loopback_is_served_with_and_without_a_token() {
        assert_eq!(EndpointOptions::of(&Settings::DEFAULT, &lookup), Ok(None));
        for address in ["127.0.0.1:9912", "127.3.2.1:1", "[::1]:9912", "[::ffff:127.0.0.1]:9912"] {
            let address_parsed = address.parse().unwrap();
            assert_eq!(
                of(address, None),
                Ok(Some(EndpointOptions { address: address_parsed, token: None })),
                "{address}"
            );
            assert_eq!(of(address, Some("${TOKEN}")).unwrap().unwrap().token.as_deref(), Some("abc/+=.~_-1"));
        }
    }

    #[test]
    fn a_private_address_needs_a_token() {
        for address in ["10.0.0.1:9912", "192.168.7.8:1", "[fd00::1]:9912", "[fe80::1]:9912", "100.64.0.1:9912"] {
            assert_eq!(of(address, None), Err(text::needs_token(address)), "{address}");
            assert!(of(address, Some("secret")).is_ok_and(|options| options.is_some()), "{address}");
        }
    }

    #[test]
    fn the_whole_world_is_never_served() {
        for address in ["0.0.0.0:9912", "[::]:9912", "8.8.8.8:9912", "[2001:db8::1]:9912", "[::ffff:8.8.8.8]:1"] {
            for token in [None, Some("secret")] {
                assert_eq!(of(address, token), Err(text::public_address(address.parse::<SocketAddr>().unwrap())));
            }
        }
    }

    #[test]
    fn a_token_that_cannot_be_one_is_refused_and_not_repeated() {
        for (token, reason) in [
            ("", text::TOKEN_EMPTY),
            ("s3cret word", text::TOKEN_CHARACTERS),
            ("s3cr\u{e9}t", text::TOKEN_CHARACTERS),
            ("s3cret\n", text::TOKEN_CHARACTERS),
            ("${BAD}", text::TOKEN_CHARACTERS),
            ("${GONE}", "the environment variable 'GONE' is not set"),
            ("${", "is not followed by the name"),
        ] {
            let problem = of("127.0.0.1:9912", Some(token)).unwrap_err();
            assert!(problem.contains(reason) && !problem.contains("s3cr") && !problem.contains("two"), "{problem}");
        }
    }
}
