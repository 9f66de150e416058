//! The effects of the menu alone. Without a menu none of them occurs.

use super::App;
use crate::core::messages::effect::Effect;
#[cfg(feature = "menu-bar")]
use crate::core::messages::effect::{Event, Operation};
#[cfg(feature = "menu-bar")]
use crate::core::text;
#[cfg(feature = "menu-bar")]
use crate::runtime::platform;

impl App {
    #[cfg(feature = "menu-bar")]
    pub(super) fn perform_for_menu(&mut self, effect: &Effect) {
        match effect {
            Effect::ToggleLaunchAtLogin => self.login_item.click(),
            Effect::ReadLoginItem => self.login_item.read(),
            Effect::LookForMenu(request) => self.menu_looks.request(*request),
            Effect::EndMenuLooks => self.menu_looks.end(),
            Effect::AskToQuit(request) => {
                let result = platform::ask_to_quit(&request.processes);
                let result = result.map_err(|error| text::desktop::not_asked_to_quit(&request.name, error));
                self.handle(Event::Outcome { operation: Operation::AskToQuit, result });
            }
            Effect::ShowAbout => platform::show_about(),
            _ => {}
        }
    }

    #[cfg(not(feature = "menu-bar"))]
    pub(super) fn perform_for_menu(&mut self, _effect: &Effect) {}
}
