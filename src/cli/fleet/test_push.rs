//! `metrics test`: one push of this machine's values, and what came back.

use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::metrics::measure;
use crate::cli::args::Common;
use crate::cli::setup;
use crate::cli::test_action::part;
use crate::cli::usage_error::UsageError;
use crate::core::escape::for_terminal;
use crate::core::fleet::push::remote_write::request;
use crate::core::fleet::push::series::{TimedSnapshot, of_moment};
use crate::core::settings::metrics::PushSettings;
use crate::core::text::actions::test;
use crate::core::text::fleet::push as text;
use crate::runtime::actions::permissions::Permissions;
use crate::runtime::fleet::identity::identity;
use crate::runtime::fleet::push_request::PushSender;
use crate::runtime::fleet::push_turn::PushTurn;
use crate::runtime::{clock, console, platform};

/// Compares the clocks, pushes the values of now once, and prints the request and the answer. While a Loadline that runs pushes,
/// the request is without values: newer ones would have the server reject those that wait there.
///
/// # Errors
/// [`UsageError`] when no push is set; else why the values were not taken.
pub fn run(common: &Common) -> Result<()> {
    let settings = setup::settings(common)?;
    let push = settings.metrics.push.clone().ok_or_else(|| UsageError(text::NOT_SET.into()))?;
    let identity = identity();
    let mut sender = sender(push, common);
    sender.probe(&identity).map_err(|problem| anyhow!(problem))?;
    let turn = PushTurn::new(platform::state_dir()).take();
    let series = match turn {
        Some(_) => {
            let snapshot = measure(settings, common)?;
            let at_ms = clock::now().wall.timestamp().as_millisecond();
            of_moment(TimedSnapshot { snapshot, at_ms }, &identity)
        }
        None => Vec::new(),
    };
    let body = request(&series);
    let exchange = sender.send(&body);
    let contents = if turn.is_some() { text::body(body.len(), series.len()) } else { text::NO_VALUES.into() };
    let sent = exchange.sent + &contents;
    let problem = exchange.reply.problem;
    let outcome = format!("  {}", for_terminal(&test::outcome(problem.as_deref())));
    let parts = [part(test::SENT, &sent), part(test::RESPONSE, &exchange.response), outcome];
    console::print_text(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n"))?;
    problem.map_or(Ok(()), |problem| Err(anyhow!(problem)))
}

/// A sender by the settings of `common`, with the trust of their file.
pub fn sender(push: PushSettings, common: &Common) -> PushSender {
    let settings_file = setup::store(common).map(|store| store.path().to_owned());
    PushSender::new(push, Arc::new(Permissions::new(settings_file, platform::state_dir().as_deref())))
}
