//! The secrets of the settings: the variables that hold them, and those that stand in the settings themselves. Webhooks, the
//! push and the endpoint of the metrics have them.

use super::substitution;
use crate::core::settings::Settings;
use crate::core::settings::action::{ActionKind, Preset};

mod arguments;

/// Variables that programs need for their own work, and the beginnings of others: never hidden from them.
const NEEDED: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TZ",
    "LANG",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
];
const NEEDED_BEGINNINGS: [&str; 2] = ["LC_", "XDG_"];

/// Headers that say nothing secret.
const PLAIN_HEADERS: [&str; 14] = [
    "accept",
    "accept-language",
    "cache-control",
    "click",
    "content-type",
    "delay",
    "icon",
    "markdown",
    "origin",
    "priority",
    "referer",
    "tags",
    "title",
    "user-agent",
];

/// The variables whose values `settings` send somewhere, or take from others who ask: other programs that Loadline starts must
/// not inherit them.
pub fn variables(settings: &Settings) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let senders = settings.senders();
    for text in senders.iter().flat_map(|sender| texts(&sender.kind)).chain(settings.metrics.token.as_deref()) {
        let is_needed = |name: &str| NEEDED.contains(&name) || NEEDED_BEGINNINGS.iter().any(|b| name.starts_with(b));
        found.extend(substitution::names(text).filter(|name| !is_needed(name)).map(ToOwned::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

/// The texts in which variables are expanded.
fn texts(kind: &ActionKind) -> Vec<&str> {
    match kind {
        ActionKind::Command { .. } => Vec::new(),
        ActionKind::Webhook { url, headers, .. } => {
            [url.as_str()].into_iter().chain(headers.iter().map(|(_, value)| value.as_str())).collect()
        }
    }
}

/// Whether a secret stands in `settings` themselves, as far as its place tells: as the token of the metrics, in a header, in an
/// address, or behind a word such as `token=` or `--password` in a command.
pub fn are_written_out(settings: &Settings) -> bool {
    let token = settings.metrics.token.as_deref().map(substitution::without_variables);
    let has_secret = |kind: &ActionKind| match kind {
        ActionKind::Command { argv } => arguments::has_secret(argv),
        ActionKind::Webhook { url, preset, headers } => {
            is_secret_address(url, *preset) || headers.iter().any(|(name, value)| is_secret_header(name, value))
        }
    };
    token.is_some_and(|token| !token.is_empty()) || settings.senders().iter().any(|sender| has_secret(&sender.kind))
}

fn is_secret_header(name: &str, value: &str) -> bool {
    let is_plain = PLAIN_HEADERS.iter().any(|plain| name.trim().eq_ignore_ascii_case(plain));
    let value = substitution::without_variables(value);
    let scheme = ["basic", "bearer", "token", "apikey", "digest"];
    let is_word_left = |word: &str| !scheme.contains(&word.to_ascii_lowercase().as_str());
    !is_plain && value.split_whitespace().any(is_word_left)
}

/// Most services know the sender by the path alone. An Alertmanager, and a program of this machine, do not.
fn is_secret_address(url: &str, preset: Preset) -> bool {
    let url = substitution::without_variables(url);
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let is_local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|host| authority.strip_prefix(host).is_some_and(|port| port.is_empty() || port.starts_with(':')));
    let has_user = authority.rsplit_once('@').is_some_and(|(user, _)| user.chars().any(|c| c != ':'));
    let has_path = path.chars().any(|c| c != '/') && preset != Preset::Alertmanager && !is_local;
    let has_value =
        query.split(['&', ';']).any(|pair| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty()));
    has_user || has_path || has_value
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::core::settings::action::Action;
    use crate::core::settings::metrics::{MetricsSettings, PushSettings};

    fn action(kind: ActionKind) -> Arc<Action> {
        Arc::new(Action {
            name: "a".into(),
            on_alert: true,
            on_recovery: true,
            on_forecast: false,
            metrics: Vec::new(),
            min_interval: Duration::ZERO,
            timeout: Duration::ZERO,
            kind,
            is_machine_wide: false,
            is_trusted: true,
        })
    }

    fn webhook(url: &str, preset: Preset, headers: &[(&str, &str)]) -> Arc<Action> {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        action(ActionKind::Webhook { url: url.into(), preset, headers })
    }

    fn with_actions(actions: Vec<Arc<Action>>) -> Settings {
        Settings { actions, ..Settings::DEFAULT }
    }

    fn with_metrics(token: Option<&str>, push: Option<PushSettings>) -> Settings {
        let metrics = MetricsSettings { token: token.map(str::to_owned), push, ..MetricsSettings::DEFAULT };
        Settings { metrics, ..Settings::DEFAULT }
    }

    #[test]
    fn the_variables_of_addresses_and_headers_are_hidden_but_for_those_that_programs_need() {
        let settings = with_actions(vec![
            webhook("https://${HOST}/${KEY}?${KEY}", Preset::Json, &[("A", "Bearer ${TOKEN} ${PATH}${LC_ALL} $${NO}")]),
            action(ActionKind::Command { argv: vec!["${LITERAL}".into()] }),
            webhook("${BROKEN", Preset::Json, &[("B", "${LAST}")]),
        ]);
        assert_eq!(variables(&settings), ["HOST", "KEY", "LAST", "TOKEN"]);
        assert_eq!(variables(&Settings::DEFAULT), Vec::<String>::new());
    }

    #[test]
    fn the_variables_of_the_metrics_are_hidden_too() {
        let push =
            PushSettings::new("https://${HOST}/w".into(), vec![("Authorization".into(), "Bearer ${PUSH}".into())]);
        assert_eq!(variables(&with_metrics(Some("${A}${B}"), Some(push))), ["A", "B", "HOST", "PUSH"]);
        assert_eq!(variables(&with_metrics(Some("plain"), None)), Vec::<String>::new());
    }

    #[test]
    fn a_token_of_the_metrics_is_a_secret_unless_a_variable_holds_it() {
        for (token, is_secret) in [("abc", true), ("${TOKEN}abc", true), ("${TOKEN}", false), ("${A}${B}", false)] {
            assert_eq!(are_written_out(&with_metrics(Some(token), None)), is_secret, "{token}");
        }
        let push = |value: &str| PushSettings::new("https://h/w".into(), vec![("Authorization".into(), value.into())]);
        assert!(are_written_out(&with_metrics(None, Some(push("Bearer abc")))));
        assert!(!are_written_out(&with_metrics(None, Some(push("Bearer ${TOKEN}")))));
    }

    #[test]
    fn a_secret_in_a_webhook_is_seen_by_its_place() {
        for (url, preset, headers, is_secret) in [
            ("https://hooks.slack.com/services/T0/B0/x", Preset::Slack, vec![], true),
            ("${SLACK_WEBHOOK}", Preset::Slack, vec![], false),
            ("https://h/${KEY}", Preset::Json, vec![], false),
            ("https://h", Preset::Json, vec![], false),
            ("https://me:pass@h", Preset::Json, vec![], true),
            ("https://${USER}:${PASS}@h", Preset::Json, vec![], false),
            ("https://h?key=${KEY}", Preset::Json, vec![], false),
            ("http://localhost:8080/hook?key=1", Preset::Json, vec![], true),
            ("http://localhost:8080/hook", Preset::Json, vec![], false),
            ("http://localhost.evil/hook", Preset::Json, vec![], true),
            ("http://10.0.0.1/prometheus", Preset::Alertmanager, vec![], false),
            ("https://h", Preset::Json, vec![("Authorization", "Bearer abc")], true),
            ("https://h", Preset::Json, vec![("Authorization", "Bearer ${TOKEN}")], false),
            ("https://h", Preset::Json, vec![("X-Key", "${TOKEN}abc")], true),
            ("https://h", Preset::Json, vec![("Content-Type", "text/plain")], false),
        ] {
            let settings = with_actions(vec![webhook(url, preset, &headers)]);
            assert_eq!(are_written_out(&settings), is_secret, "{url} {headers:?}");
        }
    }

    #[test]
    fn a_secret_in_a_command_counts() {
        for (argument, is_secret) in [("--password=abc", true), ("restart web", false)] {
            let argv = vec!["/bin/x".into(), argument.into()];
            let settings = with_actions(vec![action(ActionKind::Command { argv })]);
            assert_eq!(are_written_out(&settings), is_secret, "{argument}");
        }
    }
}
