//! The object `metrics` of the settings file.

use ::core::net::SocketAddr;

use serde::Deserialize;

use super::metrics::{MetricsSettings, parse_listen};
use super::values::{checked, parsed};

/// The object in the file.
#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"listen\": \"127.0.0.1:9912\"}")]
pub struct MetricsJson {
    #[serde(default, deserialize_with = "listen")]
    listen: Option<SocketAddr>,
    token: Option<String>,
}

impl MetricsJson {
    /// The settings that it holds.
    pub fn settings(self) -> MetricsSettings {
        MetricsSettings { listen: self.listen, token: self.token }
    }
}

readers! {
    listen: SocketAddr = parsed(parse_listen);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::settings::Settings;
    use crate::core::settings::file::parse;
    use crate::core::settings::layers::write_alone as write;
    use crate::core::text::fleet::endpoint::NOT_AN_ADDRESS;

    #[test]
    fn the_endpoint_is_read_and_left_as_written() {
        let text = r#"{"metrics": {"listen": "[::1]:9912", "token": "${TOKEN}", "note": "mine"}}"#;
        let settings = parse(text).unwrap();
        let metrics = MetricsSettings { listen: Some("[::1]:9912".parse().unwrap()), token: Some("${TOKEN}".into()) };
        assert_eq!(settings, Settings { metrics, ..Settings::DEFAULT });
        assert_eq!(parse(&write(None, &settings)).as_ref(), Ok(&settings), "also into a file that has gone");
        let changed = Settings { history: false, ..settings };
        let written = write(Some(text), &changed);
        assert!(written.contains("\"note\": \"mine\"") && parse(&written).is_ok(), "{written}");
        for text in ["{}", r#"{"metrics": null}"#, r#"{"metrics": {"listen": null, "token": null}}"#] {
            assert_eq!(parse(text), Ok(Settings::DEFAULT), "{text}");
        }
    }

    #[test]
    fn a_bad_address_is_named_with_the_way_out() {
        let wrong = |value: &str| parse(&format!(r#"{{"metrics": {{"listen": {value}}}}}"#)).unwrap_err();
        for given in
            ["localhost:9912", "127.0.0.1", "::1:9912", ":9912", "127.0.0.1:99999", "http://127.0.0.1:9912", ""]
        {
            let problem = wrong(&format!("{given:?}"));
            let expected = format!("'metrics.listen' is '{given}', which {NOT_AN_ADDRESS}");
            assert!(problem.ends_with(&expected), "{problem}");
        }
        assert!(wrong("9912").contains("'metrics.listen' invalid type: integer `9912`"), "{}", wrong("9912"));
        let list = parse(r#"{"metrics": ["127.0.0.1:9912"]}"#).unwrap_err();
        assert_eq!(list, "'metrics' is a list, and must be an object");
        let slip = parse(r#"{"metrics": {"listne": "127.0.0.1:9912"}}"#).unwrap();
        assert!(slip.mistakes[0].contains("did you mean 'listen'?"), "{:?}", slip.mistakes);
    }
}
