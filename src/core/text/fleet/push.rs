//! Sentences about the push of metrics to a server.

use std::time::Duration;

use crate::core::duration;

sentences! {
    NO_URL = "has no 'url': give the address to which metrics are pushed, such as https://HOST/api/v1/write";
    NOT_AN_OBJECT = "'metrics.push' is a text, and must be an object: write the address as {\"url\": \"https://...\"}";
    NO_NAME =
        "metrics are not pushed: there is no folder of this user's alone that would keep this machine's random name, by which \
         its series are told apart";
    NO_TIME = "the server does not tell its time (header 'Date'), by which this machine's clock is checked";
    WEB_PAGE = "the address answers with a web page, as a login does: give 'url' the one to which metrics are pushed";
    ANOTHER_PUSHES =
        "metrics are not pushed: another Loadline with the same state pushes them; this one does when that has ended";
    // Of `doctor` and `metrics test`.
    NOT_SET = "'metrics.push' is not set: give it a 'url' in the settings ('loadline help fleet')";
    pushed(place, every) = "pushed every {every} to {place}, which took a request without values";
    NO_VALUES = "(without values: a Loadline that runs pushes them)";
    body(bytes, samples) = "({bytes} bytes: remote-write 1.0 with {samples} values)";
}

/// Metrics are not pushed. A reason that speaks of actions is also one for this.
pub fn not_pushed(problem: &str) -> String {
    format!("metrics are not pushed: {}", problem.strip_prefix("actions are not done: ").unwrap_or(problem))
}

/// The clocks differ by too much: one wrong clock can make a server reject the right values of others.
pub fn clocks_differ(is_ahead: bool, by: Duration) -> String {
    let way = if is_ahead { "ahead of" } else { "behind" };
    format!("this machine's clock is {} {way} the server's; set the one that is wrong", duration::humanize(by))
}
