//! The secrets of actions: the variables that hold them, and those that stand in the settings themselves.

use std::sync::Arc;

use super::substitution;
use crate::core::settings::action::{Action, ActionKind, Preset};

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

/// Words that stand before a secret in an argument of a command.
const BEFORE_SECRETS: [&str; 8] =
    ["authorization:", "bearer ", "token=", "password=", "passwd=", "secret=", "apikey=", "api_key="];

/// The variables whose values `actions` send somewhere: other programs that Loadline starts must not inherit them.
pub fn variables(actions: &[Arc<Action>]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in actions.iter().flat_map(|action| texts(&action.kind)) {
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

/// Whether a secret stands in `actions` themselves, as far as its place tells: in a header, in an address, or behind a word
/// such as `token=` in a command.
pub fn are_written_out(actions: &[Arc<Action>]) -> bool {
    actions.iter().any(|action| match &action.kind {
        ActionKind::Command { argv } => argv.iter().any(|argument| is_secret_argument(argument)),
        ActionKind::Webhook { url, preset, headers } => {
            is_secret_address(url, *preset) || headers.iter().any(|(name, value)| is_secret_header(name, value))
        }
    })
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

fn is_secret_argument(argument: &str) -> bool {
    let lower = argument.to_ascii_lowercase();
    let is_behind = |word: &&str| lower.split_once(*word).is_some_and(|(_, secret)| !secret.trim().is_empty());
    let authority = lower.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    BEFORE_SECRETS.iter().any(is_behind) || authority.is_some_and(|authority| authority.contains('@'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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

    #[test]
    fn the_variables_of_addresses_and_headers_are_hidden_but_for_those_that_programs_need() {
        let actions = [
            webhook("https://${HOST}/${KEY}?${KEY}", Preset::Json, &[("A", "Bearer ${TOKEN} ${PATH}${LC_ALL} $${NO}")]),
            action(ActionKind::Command { argv: vec!["${LITERAL}".into()] }),
            webhook("${BROKEN", Preset::Json, &[("B", "${LAST}")]),
        ];
        assert_eq!(variables(&actions), ["HOST", "KEY", "LAST", "TOKEN"]);
        assert_eq!(variables(&[]), Vec::<String>::new());
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
            let actions = [webhook(url, preset, &headers)];
            assert_eq!(are_written_out(&actions), is_secret, "{url} {headers:?}");
        }
    }

    #[test]
    fn a_secret_in_a_command_is_seen_by_the_word_before_it() {
        for (argument, is_secret) in [
            ("Authorization: Bearer abc", true),
            ("--password=abc", true),
            ("--password=", false),
            ("https://me:pass@h/x", true),
            ("me@example.org", false),
            ("restart web", false),
        ] {
            let argv = vec!["/bin/x".into(), argument.into()];
            assert_eq!(are_written_out(&[action(ActionKind::Command { argv })]), is_secret, "{argument}");
        }
    }
}
