//! The responses to a notification: its buttons, and a click on it. Each sends a command, as a row of the menu does.

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

    /// Sends the command of the button with this id, if `buttons` has one.
    pub fn press(&self, buttons: &[Button], id: &str) {
        command_of(buttons, id).into_iter().for_each(|command| self.send(command));
    }
}

/// A button of a notification.
pub struct Button {
    /// The notification service returns it when the button is pressed.
    pub id: String,
    pub label: String,
    pub command: UserCommand,
}

/// The command of the button with this id; `None` where `buttons` has none.
pub fn command_of(buttons: &[Button], id: &str) -> Option<UserCommand> {
    buttons.iter().find(|button| button.id == id).map(|button| button.command)
}

/// The buttons of `notification` that work here. `system_monitor_name` is `None` where no system monitor is installed.
pub fn buttons(notification: &Notification, system_monitor_name: Option<&str>) -> Vec<Button> {
    let labelled = |&command: &UserCommand| Some((command, labels::button_label(command, system_monitor_name)?));
    let button = |(index, (command, label))| Button { id: format!("offer-{index}"), label, command };
    notification.buttons.iter().filter_map(labelled).enumerate().map(button).collect()
}

/// A click on `notification` itself, as one more button: the service returns `id` for it. `None` where a click only closes it.
pub fn click(notification: &Notification, id: &str) -> Option<Button> {
    notification.click.map(|command| Button { id: id.into(), label: labels::OPEN_ALERT.into(), command })
}
