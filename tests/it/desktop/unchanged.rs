//! Unchanged content is not sent again: every signal costs the panel time.
use std::time::Duration;

use super::signals::{Signal, Signals};
use super::trace::Trace;
use super::world::World;
use crate::wait::{SOON, wait_for};

/// Longer than many readings of the constant traces, and than any delayed message of the toolkit.
const QUIET: Duration = Duration::from_millis(700);

/// The icon that shows levels in steps.
const BARS: &str = r#"{"menu_bar": {"icon": "bars"}}"#;

#[test]
fn unchanged_readings_send_nothing() {
    let world = World::start();
    world.write_settings(BARS);
    let signals = world.signals();
    // Constant for 6 s at 20 readings a second; then one per cent more, which the bars do not show.
    let trace = Trace::seconds().hold(120, 52, 52).hold(1, 53, 52);
    let _app = world.loadline().readings(&trace, 20).start();
    let item = world.host.item();
    item.wait_row("CPU 52%");
    let before = settled(&signals);
    let at_the_end = signals.received().iter().any(|signal| signal.content.contains("53%"));
    assert!(!at_the_end, "{before} signals, and an end to them only with the readings");
    let after = wait_for("the last reading in label and row", SOON, || {
        let after = signals.received().split_off(before);
        let mentioned = |name: &str| after.iter().any(|signal| signal.name == name);
        (mentioned("XAyatanaNewLabel") && mentioned("ItemsPropertiesUpdated")).then_some(after)
    });
    // A signal of a constant reading would be here, with 52% or without a number. That of a title has no content.
    let titles = after.iter().filter(|signal| signal.name == "NewTitle").count();
    let others = after.iter().filter(|signal| signal.name != "NewTitle");
    assert!(titles <= 1 && others.into_iter().all(|signal| signal.content.contains("53%")), "{after:#?}");
}

#[test]
fn a_hovering_value_does_not_make_the_bars_flicker() {
    let world = World::start();
    world.write_settings(BARS);
    let signals = world.signals();
    let hover = |trace: Trace, _| trace.hold(1, 54, 40).hold(1, 56, 40);
    let trace = (0..30).fold(Trace::seconds(), hover).hold(1, 57, 40);
    let _app = world.loadline().readings(&trace, 40).start();
    world.host.item().wait_label("57%  40%");
    let seen = signals.received();
    let icons = seen.iter().filter(|signal| signal.name.starts_with("NewIcon")).count();
    // The first one, and at most one step from there; each may need two signals.
    assert!(icons <= 4, "{icons} icon signals for 61 readings");
}

#[test]
fn a_long_alert_changes_its_row_rarely() {
    let world = World::start();
    let signals = world.signals();
    let trace = Trace::seconds().hold(180, 91, 40).hold(1, 92, 40);
    let _app = world.loadline().readings(&trace, 60).start();
    world.host.item().wait_label("92%  40%");
    let seen = signals.received();
    let rows: Vec<&Signal> = seen.iter().filter(|signal| signal.name == "ItemsPropertiesUpdated").collect();
    // "a few seconds", each ten seconds of the first minute, each minute: about ten.
    assert!(rows.len() <= 20, "{} row changes for 180 readings: {rows:#?}", rows.len());
}

/// The number of signals once they have stopped.
fn settled(signals: &Signals) -> usize {
    wait_for("the signals of the first reading to end", SOON, || {
        let seen = signals.received();
        let quiet = seen.last().is_some_and(|signal| signal.at.elapsed() > QUIET);
        quiet.then_some(seen.len())
    })
}
