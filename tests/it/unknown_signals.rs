//! Swap and the memory pressure that stay unknown: reported where a rule uses them, and an alert of pressure that nobody can see
//! the end of.

use std::time::Duration;

use loadline::core::alerts::event::EndReason;
use loadline::core::alerts::rule::{Signal, SwapGrowth};
use loadline::core::messages::effect::{Effect, Event, UserCommand};
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::Metric;
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::{Overrides, Settings};

use crate::support::engine::{Driver, WITH_APPS};

const SECOND: Duration = Duration::from_secs(1);
const GROWTH: SwapGrowth = SwapGrowth { above_bytes: 1_000, within: Duration::from_secs(600) };

/// Half of the memory is in use, and everything is known.
fn known() -> Reading {
    let (cpu_percent, memory_percent) = (Some(10.0), Some(50.0));
    let (swap_used_bytes, memory_pressure) = (Some(0), Some(Pressure::Normal));
    Reading { cpu_percent, memory_percent, swap_used_bytes, memory_pressure, ..Reading::default() }
}

fn without_swap() -> Reading {
    Reading { swap_used_bytes: None, ..known() }
}

fn without_pressure() -> Reading {
    Reading { memory_pressure: None, is_pressure_unread: true, ..known() }
}

fn driver(memory_signal: Signal, swap_growth: Option<SwapGrowth>) -> Driver {
    let settings = Settings { after: Duration::ZERO, memory_signal, swap_growth, history: false, ..Settings::DEFAULT };
    Driver::with(settings, Overrides::default(), WITH_APPS)
}

/// Takes the same reading every second for so many seconds, and returns the warnings.
fn repeat(driver: &mut Driver, seconds: u32, reading: Reading) -> Vec<String> {
    let mut warnings = Vec::new();
    for _ in 0..seconds {
        driver.advance(SECOND);
        warnings.extend(driver.read(reading).into_iter().filter_map(|effect| match effect {
            Effect::Warn(warning) => Some(warning),
            _ => None,
        }));
    }
    warnings
}

fn is_firing(driver: &Driver) -> bool {
    driver.engine.alert(Metric::Memory).firing().is_some()
}

/// The reasons of the ends of alerts so far.
fn ends(driver: &Driver) -> Vec<EndReason> {
    let ends = driver.effects.iter().filter_map(|(_, effect)| match effect {
        Effect::Print(line) => match &line.event {
            OutputEvent::Recovery(end) => Some(end.end_reason),
            _ => None,
        },
        _ => None,
    });
    ends.collect()
}

#[test]
fn a_signal_unknown_for_a_minute_is_reported_once_and_so_is_its_return() {
    let unknown = [
        (
            without_swap(),
            "swap readings have failed for a minute, so swap makes no alert ('loadline doctor' says why)",
            "Swap not known: no reading for a minute",
            "swap readings are back",
        ),
        (
            without_pressure(),
            "memory pressure readings have failed for a minute, so pressure makes no alert ('loadline doctor' says why)",
            "Memory pressure not known: no reading for a minute",
            "memory pressure readings are back",
        ),
    ];
    for (reading, failed, row, back) in unknown {
        let mut driver = driver(Signal::Both, Some(GROWTH));
        assert_eq!(repeat(&mut driver, 5, known()), [""; 0]);
        assert_eq!(repeat(&mut driver, 60, reading), [""; 0]);
        assert_eq!(repeat(&mut driver, 3_600, reading), [failed]);
        assert_eq!(driver.view().problem.as_deref(), Some(row));
        assert_eq!(repeat(&mut driver, 60, known()), [back]);
        assert_eq!(driver.view().problem, None);
    }
}

#[test]
fn a_signal_that_no_rule_uses_is_no_problem_when_it_is_unknown() {
    let mut plain = driver(Signal::Used, None);
    assert_eq!(repeat(&mut plain, 600, without_swap()), [""; 0]);
    assert_eq!(repeat(&mut plain, 600, without_pressure()), [""; 0]);
    // Without any memory figures, that is the problem.
    let mut both = driver(Signal::Both, Some(GROWTH));
    let nothing = Reading { cpu_percent: Some(10.0), is_pressure_unread: true, ..Reading::default() };
    let warnings = repeat(&mut both, 600, nothing);
    assert!(warnings.len() == 1 && warnings[0].starts_with("Memory readings"), "{warnings:?}");
    // A problem goes with the rule that it is one of.
    let mut pressure = driver(Signal::Pressure, None);
    assert_eq!(repeat(&mut pressure, 600, without_pressure()).len(), 1);
    pressure.handle(Event::Command(UserCommand::SetMemorySignal(Signal::Used)));
    assert_eq!(repeat(&mut pressure, 2, without_pressure()), [""; 0]);
    assert_eq!(pressure.view().problem, None);
}

#[test]
fn a_pressure_that_cannot_be_read_holds_its_alert_and_the_percentage_makes_none() {
    for signal in [Signal::Pressure, Signal::Both] {
        let mut driver = driver(signal, None);
        repeat(&mut driver, 2, known());
        repeat(&mut driver, 2, Reading { memory_pressure: Some(Pressure::Warning), ..known() });
        assert!(is_firing(&driver), "{signal:?}");
        repeat(&mut driver, 59, without_pressure());
        assert!(is_firing(&driver), "less than a minute: {signal:?}");
        repeat(&mut driver, 2, without_pressure());
        assert!(!is_firing(&driver), "{signal:?}");
        let expected = if signal == Signal::Both { EndReason::Below(75.0) } else { EndReason::Unknown };
        assert_eq!(ends(&driver), [expected], "{signal:?}");
        // The percentage does not take the place of a pressure that fails, but has a say of its own.
        repeat(&mut driver, 120, Reading { memory_percent: Some(90.0), ..without_pressure() });
        assert_eq!(is_firing(&driver), signal == Signal::Both, "{signal:?}");
    }
    let mut missing = driver(Signal::Pressure, None);
    repeat(&mut missing, 2, Reading { memory_percent: Some(90.0), memory_pressure: None, ..known() });
    assert!(is_firing(&missing), "a system without pressure");
}
