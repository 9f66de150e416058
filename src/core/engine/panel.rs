//! The panel that shows the tray item: whether it is there, and whether it shows text.

use std::time::Duration;

use crate::core::messages::effect::{Effect, NotificationId};
use crate::core::text;

/// The time that a panel has to come back once the session is unlocked.
const GRACE: Duration = Duration::from_secs(10);

/// The last that is known of the panel.
#[derive(Clone, Copy, Debug, Default)]
pub struct PanelState {
    /// Whether the panel shows text beside the icon.
    pub shows_text: bool,
    /// Whether the person was told that there is no panel.
    has_reported: bool,
    /// Whether that notification may still be shown.
    is_notified: bool,
    /// Whether nobody could see it.
    is_unseen: bool,
    /// Whether the desktop is GNOME, which has its own way out.
    is_gnome: bool,
    /// Whether there was no panel while the session was locked: GNOME has none of its extensions then.
    is_held: bool,
    /// The time of the first reading after that, on the monotonic clock.
    unlocked_at: Option<Duration>,
}

impl PanelState {
    /// Takes up a panel. The notification that there is none is over.
    pub fn found(&mut self, shows_text: bool, effects: &mut Vec<Effect>) {
        self.shows_text = shows_text;
        (self.is_unseen, self.is_held) = (false, false);
        if std::mem::take(&mut self.is_notified) {
            effects.push(Effect::Dismiss(NotificationId::PanelMissing));
        }
    }

    /// Reports that nothing shows the item: once in a run, however often the panel goes. While the session is locked that is no
    /// news yet.
    pub fn missing(&mut self, is_gnome: bool, is_locked: bool, effects: &mut Vec<Effect>) {
        self.is_gnome = is_gnome;
        if is_locked {
            (self.is_held, self.unlocked_at) = (true, None);
        } else {
            self.report(effects);
        }
    }

    /// Reports a panel that has not come back after the session was unlocked. With each reading.
    pub fn report_if_due(&mut self, is_locked: bool, now: Duration, effects: &mut Vec<Effect>) {
        if !self.is_held {
            return;
        }
        if is_locked {
            self.unlocked_at = None;
        } else if now.saturating_sub(*self.unlocked_at.get_or_insert(now)) >= GRACE {
            self.is_held = false;
            self.report(effects);
        }
    }

    fn report(&mut self, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.has_reported, true) {
            self.is_notified = true;
            effects.push(Effect::Warn(text::desktop::no_tray_host(self.is_gnome).into()));
            effects.push(Effect::Notify(text::alerts::panel_missing(self.is_gnome)));
        }
    }

    /// Takes the outcome of that notification.
    pub fn notified(&mut self, is_shown: bool) {
        self.is_unseen = self.is_notified && !is_shown;
    }

    /// Notifies again, if nobody could see the notification and there still is no panel.
    pub fn notify_again(&mut self, effects: &mut Vec<Effect>) {
        if std::mem::take(&mut self.is_unseen) {
            effects.push(Effect::Notify(text::alerts::panel_missing(self.is_gnome)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_panel_is_reported_once_and_the_notification_goes_when_one_comes() {
        let (mut panel, mut effects) = (PanelState::default(), Vec::new());
        panel.found(true, &mut effects);
        assert!(effects.is_empty() && panel.shows_text);
        panel.missing(false, false, &mut effects);
        assert!(matches!(effects[..], [Effect::Warn(_), Effect::Notify(_)]), "{effects:?}");
        panel.missing(false, false, &mut effects);
        assert_eq!(effects.len(), 2);
        effects.clear();
        panel.found(false, &mut effects);
        panel.found(false, &mut effects);
        assert_eq!((effects, panel.shows_text), (vec![Effect::Dismiss(NotificationId::PanelMissing)], false));
        let mut effects = Vec::new();
        panel.missing(false, false, &mut effects);
        assert!(effects.is_empty());
    }

    #[test]
    fn an_extension_is_named_on_gnome_alone() {
        for is_gnome in [true, false] {
            let (mut panel, mut effects) = (PanelState::default(), Vec::new());
            panel.missing(is_gnome, false, &mut effects);
            panel.notified(false);
            panel.notify_again(&mut effects);
            let [Effect::Warn(line), Effect::Notify(first), Effect::Notify(again)] = &effects[..] else {
                panic!("{effects:?}")
            };
            for text in [line, &first.body, &again.body] {
                assert_eq!(text.contains("install the extension 'AppIndicator"), is_gnome, "{text}");
                assert!(!text.contains("GNOME"), "{text}");
                assert_eq!(text.contains("add a tray to your panel"), !is_gnome, "{text}");
            }
        }
    }

    #[test]
    fn a_notification_that_nobody_saw_is_sent_again_once_while_there_is_no_panel() {
        let again = |panel: &mut PanelState| {
            let mut effects = Vec::new();
            panel.notify_again(&mut effects);
            effects
        };
        let (mut panel, mut ignored) = (PanelState::default(), Vec::new());
        panel.missing(true, false, &mut ignored);
        assert_eq!(again(&mut panel), [], "its outcome is not known");
        panel.notified(true);
        assert_eq!(again(&mut panel), [], "it was seen");
        panel.notified(false);
        assert_eq!(again(&mut panel), [Effect::Notify(text::alerts::panel_missing(true))]);
        assert_eq!(again(&mut panel), [], "that one is under way");
        panel.notified(false);
        panel.found(true, &mut ignored);
        assert_eq!(again(&mut panel), [], "a panel has come");
        panel.notified(false);
        assert_eq!(again(&mut panel), [], "the outcome came after the panel");
    }

    #[test]
    fn a_panel_that_goes_with_the_lock_of_the_session_is_reported_if_it_does_not_come_back() {
        let step = |panel: &mut PanelState, is_locked: bool, seconds: u64| {
            let mut effects = Vec::new();
            panel.report_if_due(is_locked, Duration::from_secs(seconds), &mut effects);
            effects.len()
        };
        for comes_back in [true, false] {
            let (mut panel, mut effects) = (PanelState::default(), Vec::new());
            panel.missing(true, true, &mut effects);
            assert_eq!(step(&mut panel, true, 100) + step(&mut panel, false, 200) + step(&mut panel, false, 209), 0);
            assert_eq!(step(&mut panel, true, 211) + step(&mut panel, false, 300) + step(&mut panel, false, 309), 0);
            if comes_back {
                panel.found(true, &mut effects);
            }
            assert_eq!(step(&mut panel, false, 310), if comes_back { 0 } else { 2 });
            assert_eq!(step(&mut panel, false, 400), 0);
            assert_eq!(effects, []);
        }
    }
}
