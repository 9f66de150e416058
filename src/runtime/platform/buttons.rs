//! The buttons of a notification. Each sends the same command as a row of the menu.

use std::sync::Arc;

use crate::core::messages::effect::{Event, Notification, UserCommand};
use crate::core::tray::labels;
use crate::runtime::inbox::{Inbox, Input};

/// Takes the commands of pressed buttons to the inbox.
#[derive(Clone)]
pub struct ButtonReplies(pub Arc<Inbox>);

impl ButtonReplies {
    /// Sends the command of a pressed button.
    pub fn send(&self, command: UserCommand) {
        self.0.send(Input::Event(Event::Command(command)));
    }
}

/// A button of a notification.
pub struct Button {
    /// The notification service returns it when the button is pressed.
    pub id: String,
    pub label: String,
    pub command: UserCommand,
}

/// The buttons of `notification` that work here. `system_monitor_name` is `None` where no system monitor is installed.
pub fn buttons(notification: &Notification, system_monitor_name: Option<&str>) -> Vec<Button> {
    let labelled = |&command: &UserCommand| Some((command, labels::button_label(command, system_monitor_name)?));
    let button = |(index, (command, label))| Button { id: format!("offer-{index}"), label, command };
    notification.buttons.iter().filter_map(labelled).enumerate().map(button).collect()
}
