//! The last check for a newer version, stored between runs, and the time of the next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::release::{Release, Repository, Version};

/// The time between two checks, and after one that failed, perhaps because the network was not there yet.
const INTERVAL: SignedDuration = SignedDuration::from_hours(24);
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// The version of the stored form.
const FORMAT: u32 = 1;

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateCheck {
    pub at: Timestamp,
    /// The address of the repository that was asked.
    pub repository: String,
    /// The newest final release, if there is one; or the problem, one sentence.
    pub outcome: Result<Option<Release>, String>,
}

impl UpdateCheck {
    /// The newest release, if it is newer than this program.
    pub fn newer(&self) -> Option<&Release> {
        let newest = self.outcome.as_ref().ok()?.as_ref()?;
        (newest.version > Version::of_this_program()?).then_some(newest)
    }

    /// Whether another check is due at `now`. A check in the future was made by a clock that went wrong.
    pub fn is_outdated(&self, now: Timestamp) -> bool {
        let interval = if self.outcome.is_ok() { INTERVAL } else { RETRY_INTERVAL };
        let age = now.duration_since(self.at);
        age >= interval || age < SignedDuration::ZERO
    }

    /// The stored form.
    pub fn write(&self) -> String {
        let newest = self.outcome.as_ref().ok().and_then(Option::as_ref);
        let stored = StoredCheck {
            version: FORMAT,
            checked_at: self.at.to_string(),
            repository: self.repository.clone(),
            newest: newest.map(|release| release.version.to_string()),
            page: newest.map(|release| release.page.clone()),
            problem: self.outcome.as_ref().err().cloned(),
        };
        serde_json::to_string_pretty(&stored).unwrap_or_default() + "\n"
    }

    /// Reads the stored form; `None` for anything else: then the next check is due.
    pub fn parse(text: &str) -> Option<UpdateCheck> {
        let stored: StoredCheck =
            serde_json::from_str(text).ok().filter(|stored: &StoredCheck| stored.version == FORMAT)?;
        let release = stored.newest.zip(stored.page);
        // The page is checked as at first: another program may have written the file.
        let release = release.map(|(newest, page)| {
            let reply = serde_json::json!({ "tag_name": newest, "html_url": page }).to_string();
            stored.repository.parse::<Repository>()?.release(&reply)
        });
        let outcome = stored.problem.map_or_else(|| release.transpose().map(Option::flatten), Err);
        Some(UpdateCheck { at: stored.checked_at.parse().ok()?, repository: stored.repository, outcome })
    }
}

#[derive(Deserialize, Serialize)]
struct StoredCheck {
    version: u32,
    checked_at: String,
    repository: String,
    newest: Option<String>,
    page: Option<String>,
    problem: Option<String>,
}

/// Decides when to check.
#[derive(Clone, Debug, Default)]
pub struct UpdateSchedule {
    last: Option<UpdateCheck>,
    is_checking: bool,
}

impl UpdateSchedule {
    /// Whether to check `repository` at `now`. The check then counts as begun until its outcome is received.
    pub fn request(&mut self, repository: &Repository, now: Timestamp) -> bool {
        let is_due = self.of(repository).is_none_or(|last| last.is_outdated(now));
        is_due && !std::mem::replace(&mut self.is_checking, true)
    }

    /// Takes the outcome of a check: of this run, or of one before.
    pub fn receive(&mut self, check: UpdateCheck) {
        (self.last, self.is_checking) = (Some(check), false);
    }

    /// The release of `repository` that is newer than this program, if there is one.
    pub fn newer(&self, repository: &Repository) -> Option<&Release> {
        self.of(repository)?.newer()
    }

    /// The last check, if it was of this repository.
    fn of(&self, repository: &Repository) -> Option<&UpdateCheck> {
        self.last.as_ref().filter(|last| last.repository == repository.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://github.com/o/l/releases/tag/v9.0.0";

    fn repository() -> Repository {
        "https://github.com/o/l".parse().unwrap()
    }

    fn check(at_s: i64, outcome: Result<Option<&str>, &str>) -> UpdateCheck {
        let release = |version: &str| Release { version: version.parse().unwrap(), page: PAGE.into() };
        let outcome = outcome.map(|version| version.map(release)).map_err(str::to_owned);
        UpdateCheck { at: Timestamp::from_second(at_s).unwrap(), repository: repository().to_string(), outcome }
    }

    /// Whether a check is due so many seconds after 1970, where there was this one before.
    fn is_due(last: UpdateCheck, at_s: i64) -> bool {
        let mut schedule = UpdateSchedule::default();
        schedule.receive(last);
        schedule.request(&repository(), Timestamp::from_second(at_s).unwrap())
    }

    #[test]
    fn a_check_is_due_once_a_day_and_an_hour_after_a_failure() {
        let day = 24 * 3600;
        let good = || check(day, Ok(None));
        assert_eq!([2 * day - 1, 2 * day].map(|at| is_due(good(), at)), [false, true]);
        let failed = || check(day, Err("no connection"));
        assert_eq!([day + 3599, day + 3600].map(|at| is_due(failed(), at)), [false, true]);
        assert!(is_due(good(), day - 1), "a clock that was a day ahead");
        let other = UpdateCheck { repository: "https://github.com/o/other".into(), ..good() };
        assert!(is_due(other, day), "another repository");
    }

    #[test]
    fn a_check_under_way_is_not_begun_again() {
        let mut schedule = UpdateSchedule::default();
        let mut request = || schedule.request(&repository(), Timestamp::UNIX_EPOCH);
        assert_eq!([request(), request()], [true, false]);
    }

    #[test]
    fn only_a_newer_release_is_news() {
        let newer = |version| check(0, Ok(Some(version))).newer().map(|release| release.version.to_string());
        assert_eq!(newer("9.0.0").as_deref(), Some("9.0.0"));
        assert_eq!(newer("0.0.9"), None);
        assert_eq!(newer(env!("CARGO_PKG_VERSION")), None);
        assert_eq!(check(0, Err("no connection")).newer(), None);
    }

    #[test]
    fn a_check_survives_a_restart() {
        for outcome in [Ok(None), Ok(Some("9.0.0")), Err("no connection")] {
            let check = check(1_000_000, outcome);
            assert_eq!(UpdateCheck::parse(&check.write()), Some(check));
        }
        for text in ["", "{}", "[1]", r#"{"version": 2}"#] {
            assert_eq!(UpdateCheck::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_stored_page_on_another_host_is_not_opened() {
        let foreign =
            check(0, Ok(Some("9.0.0"))).write().replace("https://github.com/o/l/rel", "https://example.com/rel");
        assert_eq!(UpdateCheck::parse(&foreign).unwrap().newer(), None);
    }
}
