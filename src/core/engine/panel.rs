//! The panel that shows the tray item: whether it is there, and whether it shows text.

use crate::core::messages::effect::{Effect, NotificationId};
use crate::core::text;

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
}

impl PanelState {
    /// Takes up a panel. The notification that there is none is over.
    pub fn found(&mut self, shows_text: bool, effects: &mut Vec<Effect>) {
        self.shows_text = shows_text;
        self.is_unseen = false;
        if std::mem::take(&mut self.is_notified) {
            effects.push(Effect::Dismiss(NotificationId::PanelMissing));
        }
    }

    /// Reports that nothing shows the item: once in a run, however often the panel goes.
    pub fn missing(&mut self, is_gnome: bool, effects: &mut Vec<Effect>) {
        if !self.has_reported {
            self.has_reported = true;
            self.is_notified = true;
            self.is_gnome = is_gnome;
            effects.push(Effect::Warn(text::desktop::no_tray_host(is_gnome).into()));
            effects.push(Effect::Notify(text::alerts::panel_missing(is_gnome)));
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
        panel.missing(false, &mut effects);
        assert!(matches!(effects[..], [Effect::Warn(_), Effect::Notify(_)]), "{effects:?}");
        panel.missing(false, &mut effects);
        assert_eq!(effects.len(), 2);
        effects.clear();
        panel.found(false, &mut effects);
        panel.found(false, &mut effects);
        assert_eq!((effects, panel.shows_text), (vec![Effect::Dismiss(NotificationId::PanelMissing)], false));
        let mut effects = Vec::new();
        panel.missing(false, &mut effects);
        assert!(effects.is_empty());
    }

    #[test]
    fn an_extension_is_named_on_gnome_alone() {
        for is_gnome in [true, false] {
            let (mut panel, mut effects) = (PanelState::default(), Vec::new());
            panel.missing(is_gnome, &mut effects);
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
        panel.missing(true, &mut ignored);
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
}
