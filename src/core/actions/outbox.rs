//! The outbox: the last outcome of each action and its undelivered messages, from one run to the next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::backoff::GIVE_UP;
use super::payload::Message;
use crate::core::text::actions::outbox::other_version;
use crate::core::time::between;

/// The version of the file that this program writes, and the only one it reads.
const VERSION: u64 = 1;

/// The records of all actions.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Outbox {
    /// By the names of the actions.
    pub actions: BTreeMap<String, ActionRecord>,
}

/// The record of one action.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct ActionRecord {
    pub last: Option<LastRun>,
    /// The oldest first.
    #[serde(default)]
    pub undelivered: Vec<QueuedMessage>,
}

/// The outcome of the last run.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct LastRun {
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    pub ok: bool,
    /// The problem; empty where there was none.
    pub text: String,
    /// The output of the command or the response of the server, at most 64 KiB.
    pub output: String,
}

/// A message that waits for its delivery.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct QueuedMessage {
    /// When it was queued.
    #[serde(with = "rfc3339")]
    pub since: Timestamp,
    pub message: Message,
}

impl Outbox {
    /// Reads the file's text. A file of another version is an error.
    pub fn parse(text: &str) -> Result<Outbox, String> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        let Versioned { version } = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if version != VERSION {
            return Err(other_version(version, VERSION));
        }
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// The file's text.
    pub fn write(&self) -> String {
        // Maps with string keys, texts and numbers always have a JSON form.
        format!("{:#}\n", json!({ "version": VERSION, "actions": self.actions }))
    }

    /// Drops messages that are too old at `now`. A message from the future (the clock was set back) counts as of now, so
    /// that it too grows old. Returns the names of the actions that have lost messages.
    pub fn drop_expired(&mut self, now: Timestamp) -> BTreeSet<String> {
        let mut lost = BTreeSet::new();
        for (name, ActionRecord { undelivered, .. }) in &mut self.actions {
            let before = undelivered.len();
            undelivered.retain(|one| between(one.since, now) < GIVE_UP);
            if undelivered.len() < before {
                lost.insert(name.clone());
            }
            undelivered.iter_mut().for_each(|one| one.since = one.since.min(now));
        }
        lost
    }
}

/// Times as other programs read them: `2026-11-22T15:40:00Z`.
mod rfc3339 {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    /// Writes the time as a string.
    pub fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    /// Reads the time from a string.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn outbox(since: Timestamp) -> Outbox {
        let message = Message {
            path: String::new(),
            content_type: "text/plain".into(),
            headers: vec![("Title".into(), "CPU".into())],
            body: "{}".into(),
        };
        let last = LastRun { at: since, ok: false, text: "it failed".into(), output: "a\nb".into() };
        let record = ActionRecord { last: Some(last), undelivered: vec![QueuedMessage { since, message }] };
        Outbox { actions: [("team".to_owned(), record)].into() }
    }

    #[test]
    fn a_written_outbox_is_read_back() {
        let outbox = outbox("2026-11-22T15:40:00.5Z".parse().unwrap());
        let text = outbox.write();
        assert_eq!(Outbox::parse(&text), Ok(outbox));
        assert!(text.contains(r#""since": "2026-11-22T15:40:00.5Z""#), "{text}");
    }

    #[test]
    fn a_damaged_or_newer_file_is_refused() {
        for text in ["", "[]", "{}", "{\"version\": 1", r#"{"version": 1, "actions": {"a": {"undelivered": 7}}}"#] {
            assert!(Outbox::parse(text).is_err(), "{text}");
        }
        let newer = r#"{"version": 2, "actions": 7}"#;
        assert_eq!(Outbox::parse(newer), Err("its version is 2, and this Loadline reads version 1".into()));
    }

    #[test]
    fn messages_expire_within_an_hour() {
        let then: Timestamp = "2026-11-22T15:40:00Z".parse().unwrap();
        let left = |seconds| {
            let mut outbox = outbox(then);
            let lost = outbox.drop_expired(then + SignedDuration::from_secs(seconds));
            let left = outbox.actions["team"].undelivered.first().map(|one| one.since);
            assert_eq!(lost.contains("team"), left.is_none());
            left
        };
        assert_eq!(left(3_599), Some(then));
        assert_eq!(left(3_600), None);
        assert_eq!(left(-9_999), Some(then - SignedDuration::from_secs(9_999)), "the clock was set back");
    }
}
