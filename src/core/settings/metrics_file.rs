//! The object `metrics` of the settings file.

use ::core::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::actions_file::{check_headers, check_url};
use super::json_error::{known_part, read_part};
use super::metrics::{MetricsSettings, PushSettings, parse_listen};
use super::values::{checked, parsed, within};
use crate::core::duration::PUSH;
use crate::core::text::fleet::push::{NO_URL, NOT_AN_OBJECT};
use crate::core::text::settings::file::list_for_object;

/// The object in the file.
#[derive(Default, Deserialize)]
#[serde(expecting = "an object such as {\"listen\": \"127.0.0.1:9912\"}")]
pub struct MetricsJson<'a> {
    #[serde(borrow)]
    listen: Option<&'a RawValue>,
    token: Option<String>,
    #[serde(borrow)]
    push: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct ListenJson(#[serde(deserialize_with = "listen")] Option<SocketAddr>);

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

#[derive(Deserialize)]
#[serde(transparent)]
struct PushEntry(#[serde(deserialize_with = "push")] Option<PushSettings>);

impl PushJson {
    fn settings(self) -> Result<PushSettings, String> {
        let push = PushSettings::new(self.url.ok_or(NO_URL)?, self.headers.unwrap_or_default());
        Ok(PushSettings { every: self.every.unwrap_or(push.every), ..push })
    }
}

impl MetricsJson<'_> {
    /// The settings that it holds, a part of the file's text `whole`. An address with a mistake in it is left out, with a
    /// sentence in `mistakes`: it must not silence the alerts.
    pub fn settings(self, whole: &str, mistakes: &mut Vec<String>) -> MetricsSettings {
        let listen = self.listen.map(|part| read_part("metrics.listen", part, whole));
        let push = self.push.map(|part| read_push(part, whole));
        MetricsSettings {
            listen: known_part(listen, mistakes).and_then(|ListenJson(address)| address),
            token: self.token,
            push: known_part(push, mistakes).flatten(),
        }
    }
}

fn read_push(part: &RawValue, whole: &str) -> Result<Option<PushSettings>, String> {
    let key = "metrics.push";
    match part.get().as_bytes() {
        [b'[', ..] => Err(list_for_object(key)),
        // A word of the reader's would repeat the address, which may be a secret.
        [b'"', ..] => Err(NOT_AN_OBJECT.into()),
        _ => read_part(key, part, whole).map(|PushEntry(push)| push),
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
        let wrong = |push: &str| {
            let settings = parse(&format!(r#"{{"metrics": {{"push": {push}}}, "refresh": "3s"}}"#)).unwrap();
            assert_eq!((settings.metrics.push, settings.refresh), (None, Duration::from_secs(3)), "the rest holds");
            let [mistake] = &settings.mistakes[..] else { panic!("{:?}", settings.mistakes) };
            assert!(mistake.ends_with(" (it is left out; the rest of the settings holds)"), "{mistake}");
            mistake.clone()
        };
        for (push, named) in [
            (r#"{"every": "1m"}"#, "'metrics.push' has no 'url': give the address"),
            (r#"{"url": "h/s3cret"}"#, "'metrics.push.url'"),
            (r#"{"url": "https://h h/s3cret"}"#, "the address has a space in it"),
            (r#"{"url": "https://h:99999/s3cret"}"#, "the address has a port that there is not"),
            (r#"{"url": "https://höst/s3cret"}"#, "write it in Punycode"),
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
        let wrong = |value: &str| {
            let settings = parse(&format!(r#"{{"metrics": {{"token": "t", "listen": {value}}}}}"#)).unwrap();
            let metrics = MetricsSettings { token: Some("t".into()), ..MetricsSettings::DEFAULT };
            assert_eq!((settings.metrics, settings.mistakes.len()), (metrics, 1), "{:?}", settings.mistakes);
            settings.mistakes.into_iter().collect::<String>()
        };
        for given in
            ["localhost:9912", "127.0.0.1", "::1:9912", ":9912", "127.0.0.1:99999", "http://127.0.0.1:9912", ""]
        {
            let problem = wrong(&format!("{given:?}"));
            let expected = format!("'metrics.listen' is '{given}', which {NOT_AN_ADDRESS}");
            assert!(problem.contains(&expected), "{problem}");
        }
        assert!(wrong("9912").contains("'metrics.listen' invalid type: integer `9912`"), "{}", wrong("9912"));
        let list = parse(r#"{"metrics": ["127.0.0.1:9912"]}"#).unwrap_err();
        assert_eq!(list, "'metrics' is a list, and must be an object");
        let slip = parse(r#"{"metrics": {"listne": "127.0.0.1:9912"}}"#).unwrap();
        assert!(slip.mistakes[0].contains("did you mean 'listen'?"), "{:?}", slip.mistakes);
    }
}
