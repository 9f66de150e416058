//! The object `metrics` of the settings file.

use ::core::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::actions_file::{check_headers, check_url};
use super::metrics::{MetricsSettings, PushSettings, parse_listen};
use super::values::{checked, parsed, within};
use crate::core::duration::PUSH;
use crate::core::text::fleet::push::NO_URL;

/// The object in the file.
#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"listen\": \"127.0.0.1:9912\"}")]
pub struct MetricsJson {
    #[serde(default, deserialize_with = "listen")]
    listen: Option<SocketAddr>,
    token: Option<String>,
    #[serde(default, deserialize_with = "push")]
    push: Option<PushSettings>,
}

/// The object `push`.
#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"url\": \"https://prometheus.example.com/api/v1/write\"}")]
struct PushJson {
    #[serde(default, deserialize_with = "url")]
    url: Option<String>,
    #[serde(default, deserialize_with = "headers")]
    headers: Option<Vec<(String, String)>>,
    #[serde(default, deserialize_with = "every")]
    every: Option<Duration>,
}

impl PushJson {
    fn settings(self) -> Result<PushSettings, String> {
        let push = PushSettings::new(self.url.ok_or(NO_URL)?, self.headers.unwrap_or_default());
        Ok(PushSettings { every: self.every.unwrap_or(push.every), ..push })
    }
}

impl MetricsJson {
    /// The settings that it holds.
    pub fn settings(self) -> MetricsSettings {
        MetricsSettings { listen: self.listen, token: self.token, push: self.push }
    }
}

readers! {
    listen: SocketAddr = parsed(parse_listen);
    url: String = check_url;
    headers: Vec<(String, String)> = check_headers;
    every: Duration = within(PUSH);
    push: PushSettings = PushJson::settings;
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
        let metrics =
            MetricsSettings { listen: Some("[::1]:9912".parse().unwrap()), token: Some("${TOKEN}".into()), push: None };
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
    fn the_push_is_read_and_left_as_written() {
        let text = r#"{"metrics": {"push": {"url": "https://h/api/v1/write", "headers": {"X-B": "${B}", "x-a": "1"},
                       "every": "15s", "note": "mine"}}}"#;
        let settings = parse(text).unwrap();
        let push = settings.metrics.push.clone().unwrap();
        let headers = vec![("X-B".to_owned(), "${B}".to_owned()), ("x-a".to_owned(), "1".to_owned())];
        let expected = PushSettings::new("https://h/api/v1/write".into(), headers);
        assert_eq!(push, PushSettings { every: Duration::from_secs(15), ..expected });
        assert_eq!(settings.mistakes, Vec::<String>::new());
        assert_eq!(settings.senders(), [push.target]);
        assert_eq!(parse(&write(None, &settings)).as_ref(), Ok(&settings), "also into a file that has gone");
        let written = write(Some(text), &Settings { history: false, ..settings });
        assert!(written.contains("\"note\": \"mine\"") && parse(&written).is_ok(), "{written}");
        let short = parse(r#"{"metrics": {"push": {"url": "${URL}"}}}"#).unwrap().metrics.push.unwrap();
        assert_eq!(short, PushSettings::new("${URL}".into(), Vec::new()), "once a minute");
        assert_eq!(parse(r#"{"metrics": {"push": null}}"#), Ok(Settings::DEFAULT));
    }

    #[test]
    fn a_mistake_in_the_push_is_named_without_its_secrets() {
        let wrong = |push: &str| parse(&format!(r#"{{"metrics": {{"push": {push}}}}}"#)).unwrap_err();
        for (push, named) in [
            (r#"{"every": "1m"}"#, "'metrics.push' has no 'url': give the address"),
            (r#"{"url": "h/s3cret"}"#, "'metrics.push.url'"),
            (r#"{"url": "https://h h/s3cret"}"#, "the address has a space in it"),
            (
                r#"{"url": "https://h", "every": "4s"}"#,
                "'metrics.push.every' is '4s', which is out of range: give 5s to 4m",
            ),
            (r#"{"url": "https://h", "every": "5m"}"#, "give 5s to 4m"),
            (r#"{"url": "https://h", "headers": {"a b": "s3cret"}}"#, "'metrics.push.headers'"),
            (r#"{"url": "https://h", "headers": {"a": 7}}"#, "'metrics.push.headers'"),
            (r#""https://h/s3cret""#, "'metrics.push' is a text, and must be an object: write the address as {\"url\""),
            ("7", "expected an object such as"),
            ("[]", "'metrics.push' is a list, and must be an object"),
        ] {
            let problem = wrong(push);
            assert!(problem.contains(named) && !problem.contains("s3cret"), "{push}: {problem}");
        }
        let slip = parse(r#"{"metrics": {"push": {"url": "https://h", "evry": "15s"}}}"#).unwrap();
        assert!(slip.mistakes[0].contains("did you mean 'every'?"), "{:?}", slip.mistakes);
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
