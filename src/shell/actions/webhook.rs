//! One attempt to deliver a message to a web address.

use super::{Exchange, Failure};
use crate::model::action::Action;
use crate::model::message::Message;

/// Sends `message` to the address of `action`, which is a webhook, and waits for the answer, for at most its timeout.
pub fn send(_action: &Action, message: &Message) -> Exchange {
    let failure = Failure { text: "webhooks are not there yet".into(), may_pass: false, wait: None };
    Exchange { sent: message.body.clone(), answered: String::new(), outcome: Err(failure) }
}
