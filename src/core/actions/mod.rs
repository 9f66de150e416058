//! Actions: the payloads of webhooks, the environment of commands, retries, and the outbox.

pub mod access_list;
pub mod address;
pub mod backoff;
pub mod env_vars;
pub mod outbox;
pub mod payload;
pub mod private_group;
pub mod reply;
pub mod secrets;
pub mod substitution;
pub mod test_alert;
