//! No flood of notifications and no lost alert, whatever is read and clicked.

use std::time::Duration;

use proptest::prelude::*;

use loadline::core::alerts::rule::Signal;
use loadline::core::alerts::snooze::Snooze;
use loadline::core::messages::effect::{Event, UserCommand};
use loadline::core::metrics::metric::{Metric, Percent, Threshold};
use loadline::core::metrics::reading::{Pressure, Reading};
use loadline::core::settings::Settings;

use super::Run;

#[derive(Clone, Debug)]
enum Op {
    Readings { value: f64, pressure: Pressure, times: u8 },
    Pause(u16),
    Scanned(Option<&'static str>),
    Command(UserCommand),
}

fn op() -> impl Strategy<Value = Op> {
    let value = prop_oneof![Just(95.0), Just(10.0), Just(78.0), 0.0..=100.0];
    let pressure = prop_oneof![3 => Just(Pressure::Normal), 1 => Just(Pressure::Warning)];
    let above = |percent| UserCommand::SetThreshold(Metric::Cpu, percent);
    let command = prop_oneof![
        Just(UserCommand::Resume),
        Just(UserCommand::Snooze(Snooze::Minutes15)),
        Just(above(Threshold::Off)),
        (1..=100u64).prop_map(move |percent| above(Threshold::Above(Percent::new(percent).unwrap()))),
        prop::sample::select(&Signal::ALL[..]).prop_map(UserCommand::SetMemorySignal),
        (0..20u64).prop_map(|seconds| UserCommand::SetAfter(Duration::from_secs(seconds))),
    ];
    prop_oneof![
        12 => (value, pressure, 1..20u8).prop_map(|(value, pressure, times)| Op::Readings { value, pressure, times }),
        2 => (0..900u16).prop_map(Op::Pause),
        3 => prop_oneof![Just(None), Just(Some("rustc")), Just(Some("backup"))].prop_map(Op::Scanned),
        1 => command.prop_map(Op::Command),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn floods_are_impossible_and_no_alert_is_lost(
        ops in prop::collection::vec(op(), 1..150),
        after in 0..8u64,
        cooldown in prop_oneof![Just(0), 0..900u64],
        names_apps: bool,
    ) {
        let settings = Settings {
            after: Duration::from_secs(after),
            cooldown: Duration::from_secs(cooldown),
            ignored: vec!["Backup".into()],
            ..Settings::DEFAULT
        };
        let mut run = if names_apps { Run::with_apps(settings) } else { Run::new(settings) };
        for op in ops {
            match op {
                Op::Readings { value, pressure, times } => {
                    for _ in 0..times {
                        let (cpu_percent, memory_percent) = (Some(value), Some(value));
                        let memory_pressure = Some(pressure);
                        run.read(Reading { cpu_percent, memory_percent, memory_pressure, ..Reading::default() });
                    }
                }
                Op::Pause(seconds) => run.driver.advance(Duration::from_secs(seconds.into())),
                Op::Scanned(Some(name)) => run.scanned(name),
                Op::Scanned(None) => run.handle(Event::ProcessScan(Err("no".into()))),
                Op::Command(command) => run.handle(Event::Command(command)),
            }
        }
        run.check();
    }
}

#[test]
fn a_flapping_value_notifies_a_few_times_an_hour_and_always_prints() {
    for cooldown in [0, 1, 300] {
        let settings = Settings { after: Duration::ZERO, cooldown: Duration::from_secs(cooldown), ..Settings::DEFAULT };
        let mut run = Run::new(settings);
        for _ in 0..3_600 {
            run.cpu(95.0);
            run.cpu(10.0);
        }
        run.check();
        assert_eq!(run.lines().iter().filter(|line| line.starts_with("ALERT")).count(), 3_600);
        let notified = run.notified(Metric::Cpu).len();
        assert!((4..=28).contains(&notified), "{notified} notifications in four hours");
    }
}
