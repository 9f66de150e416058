//! The effects of an alert and its end, and the line for the actions.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::core::alerts::event::{EndReason, SuppressedBy};
use crate::core::settings::layers::locked::LockedKeys;

fn noon() -> Zoned {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap().to_zoned(TimeZone::UTC)
}

fn ended(notified: bool) -> AlertEnd {
    AlertEnd {
        percent: Some(20.0),
        end_reason: EndReason::Below(75.0),
        lasted: std::time::Duration::from_secs(60),
        peak_percent: 97.0,
        notified,
    }
}

/// The notification among `effects`; the rest are lines.
fn notified(effects: &[Effect]) -> Option<&Notification> {
    effects.iter().find_map(|effect| match effect {
        Effect::Notify(notification) => Some(notification),
        _ => None,
    })
}

fn kinds(effects: &[Effect]) -> Vec<&'static str> {
    let kind = |effect: &Effect| match effect {
        Effect::Notify(_) => "notify",
        Effect::Print(_) => "print",
        Effect::Dismiss(NotificationId::Alert(Metric::Cpu)) => "dismiss",
        _ => "other",
    };
    effects.iter().map(kind).collect()
}

#[test]
fn an_alert_that_notifies_is_shown_before_it_is_printed_and_one_that_is_silent_only_printed() {
    let mut effects = Vec::new();
    let line = alert(AlertEvent::sample(Metric::Cpu), &noon(), 7, &Settings::DEFAULT, &mut effects).unwrap();
    assert_eq!((kinds(&effects), &effects[1]), (vec!["notify", "print"], &Effect::Print(line)));
    assert_eq!(notified(&effects).unwrap().sequence, 7);
    let mut effects = Vec::new();
    let silent = AlertEvent { suppressed_by: Some(SuppressedBy::Snoozed), ..AlertEvent::sample(Metric::Cpu) };
    assert_eq!(alert(silent, &noon(), 0, &Settings::DEFAULT, &mut effects), None);
    assert_eq!(kinds(&effects), ["print"]);
}

#[test]
fn the_end_of_an_alert_is_shown_where_the_alert_was() {
    for (was_notified, is_suppressed, expected) in [
        (true, false, &["notify", "print"][..]),
        (true, true, &["dismiss", "print"]),
        (false, false, &["print"]),
        (false, true, &["print"]),
    ] {
        let mut effects = Vec::new();
        let end = ended(was_notified);
        let line = recovery(Metric::Cpu, end, is_suppressed, &noon(), &Settings::DEFAULT, &mut effects);
        assert_eq!((kinds(&effects), line.is_some()), (expected.to_vec(), was_notified), "{is_suppressed}");
    }
}

#[test]
fn an_alert_that_is_shown_again_is_not_printed_again() {
    let mut effects = Vec::new();
    notify(AlertEvent::sample(Metric::Memory), &noon(), 9, &Settings::DEFAULT, &mut effects);
    assert_eq!((kinds(&effects), notified(&effects).unwrap().sequence), (vec!["notify"], 9));
}

#[test]
fn a_changed_rule_ends_an_alert_without_a_word_but_to_its_actions() {
    for was_notified in [true, false] {
        let mut effects = Vec::new();
        let line = cancellation(Metric::Cpu, ended(was_notified), &noon(), &mut effects);
        assert_eq!((kinds(&effects), line.is_some()), (vec!["dismiss"], was_notified));
    }
}

#[test]
fn an_alert_sounds_where_that_is_wanted_and_its_end_never_does() {
    for notification_sound in [true, false] {
        let settings = Settings { notification_sound, ..Settings::DEFAULT };
        let mut effects = Vec::new();
        alert(AlertEvent::sample(Metric::Cpu), &noon(), 1, &settings, &mut effects);
        assert_eq!(notified(&effects).unwrap().has_sound, notification_sound);
        effects.clear();
        recovery(Metric::Cpu, ended(true), false, &noon(), &settings, &mut effects);
        assert!(!notified(&effects).unwrap().has_sound);
    }
}

#[test]
fn a_click_opens_the_report_where_there_is_a_history_and_a_locked_snooze_has_no_button() {
    let shown = |settings: &Settings| {
        let mut effects = Vec::new();
        alert(AlertEvent::sample(Metric::Cpu), &noon(), 1, settings, &mut effects);
        let notification = notified(&effects).unwrap();
        (notification.click, notification.buttons)
    };
    let (click, buttons) = shown(&Settings::DEFAULT);
    assert_eq!(click, Some(UserCommand::OpenAlert(Metric::Cpu, noon().timestamp())));
    assert_eq!(buttons.len(), 2);
    let locked = LockedKeys::new("/etc/settings.json", vec!["alerts.snoozed_until".into()]);
    let (click, buttons) = shown(&Settings { history: false, locked, ..Settings::DEFAULT });
    assert_eq!((click, buttons), (None, &[UserCommand::OpenSystemMonitor][..]));
}
