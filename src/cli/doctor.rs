//! `doctor`: the checks of everything that Loadline needs, each with the way out.

mod layers;

use std::io;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::args::Common;
use super::fleet::test_push::sender;
use super::setup;
use crate::core::duration;
use crate::core::fleet::endpoint::EndpointOptions;
use crate::core::messages::output_line::{CheckResult, OutputEvent, OutputLine};
use crate::core::metrics::metric::Metric;
use crate::core::metrics::reading::Reading;
use crate::core::settings::Settings;
use crate::core::settings::metrics::PushSettings;
use crate::core::text;
use crate::core::text::fleet::endpoint;
use crate::runtime::actions::status::{self, ActionStatus};
use crate::runtime::fleet::identity::identity;
#[cfg(feature = "menu-bar")]
use crate::runtime::instance_lock;
use crate::runtime::platform::{self, Check};
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::Source;
use crate::runtime::{clock, console, history, updates};

/// Counters of the CPU that stand still are read again for so long: some machines bring theirs up to date every few seconds.
const STANDSTILL_LIMIT: Duration = Duration::from_secs(10);
const STANDSTILL_PAUSE: Duration = Duration::from_millis(500);

/// Checks everything that Loadline needs, and prints the results. Fails when something is broken, or the settings file that
/// the command line names is not there.
pub fn run(common: &Common) -> Result<()> {
    let form = common.form();
    let CheckedSettings { state, layers, actions, settings } = settings(common);
    let mut checks = vec![check("settings", state)];
    checks.extend(layers);
    checks.extend(settings.mistakes.iter().map(|mistake| check("settings", Err(mistake.clone()))));
    checks.push(check("readings", readings(&settings)));
    checks.push(check("time zone", clock::zone_state()));
    let refresh = text::metrics::refresh_state(&settings, platform::power_state());
    checks.push(check("refresh", Ok(refresh)));
    checks.push(check("history", history::state(settings.history)));
    checks.extend(platform::checks());
    let last_check = updates::last_check();
    checks.push(check("updates", text::metrics::update_state(&settings, last_check.as_ref())));
    checks.push(check("metrics", metrics(&settings)));
    checks.extend(settings.metrics.push.clone().map(|settings| check("push", push(settings, common))));
    #[cfg(feature = "menu-bar")]
    checks.push(Check { name: "running".into(), result: running() });
    checks.iter().try_for_each(|check| print(check, form))?;
    for ActionStatus { check, output } in actions {
        print(&check, form)?;
        if form == console::Form::Text {
            output.iter().try_for_each(|line| console::print_text(line))?;
        }
        checks.push(check);
    }
    let failed = checks.iter().filter(|check| matches!(check.result, CheckResult::Failed(_))).count();
    ensure!(failed == 0, text::problems::checks_failed(failed, checks.len()));
    Ok(())
}

fn check(name: &str, result: Result<String, String>) -> Check {
    Check { name: name.into(), result: result.into() }
}

fn print(check: &Check, form: console::Form) -> io::Result<()> {
    let event = OutputEvent::Check { name: check.name.clone(), result: check.result.clone() };
    console::print_line(&OutputLine { at: clock::now().wall, event }, form)
}

struct CheckedSettings {
    state: Result<String, String>,
    /// The layers of settings, and secrets in them that others may read.
    layers: Vec<Check>,
    actions: Vec<ActionStatus>,
    /// The machine's or the defaults, when the file cannot be read or is not there.
    settings: Settings,
}

fn settings(common: &Common) -> CheckedSettings {
    let Some(mut store) = setup::store(common) else {
        let state = Err(text::problems::NO_HOME.into());
        return CheckedSettings { state, layers: Vec::new(), actions: Vec::new(), settings: Settings::DEFAULT };
    };
    let loaded = store.load();
    let settings = store.settings();
    let now = clock::now().wall.timestamp();
    let actions = status::statuses(&settings.actions, store.path(), platform::state_dir().as_deref(), now);
    let place = store.path().display().to_string();
    let below = store.machine_file().filter(|file| file.is_used()).map(|file| file.path().display().to_string());
    let rules = text::settings::rules(&settings);
    let state = text::problems::settings_state(&place, store.has_file(), below.as_deref(), &rules);
    let missing = setup::missing_settings(common, Some(&store));
    let state = missing.map_or(Ok(state), |named| Err(text::problems::defaults_hold(&named)));
    let state = loaded.map_err(|problem| problem.text).and(state);
    CheckedSettings { state, layers: layers::checks(&store, &common.overrides(), &settings), actions, settings }
}

/// The Loadline that has the tray item, and its cost. It need not run.
#[cfg(feature = "menu-bar")]
fn running() -> CheckResult {
    let Some(folder) = platform::runtime_dir() else {
        return CheckResult::Absent(text::problems::NO_RUNTIME_FOLDER.into());
    };
    CheckResult::Ok(match instance_lock::tray_holder(&folder) {
        Ok(Some(pid)) => text::metrics::running(&platform::self_usage(pid), pid),
        Ok(None) => text::metrics::NOT_RUNNING.into(),
        Err(error) => text::problems::lock_unreadable(folder.display().to_string(), error.to_string()),
    })
}

fn metrics(settings: &Settings) -> Result<String, String> {
    let options = EndpointOptions::of(settings, &|name| std::env::var(name).ok())?;
    Ok(options.map_or(endpoint::OFF.into(), |options| endpoint::address(options.address)))
}

/// Whether the server takes a request without values.
fn push(settings: PushSettings, common: &Common) -> Result<String, String> {
    let every = duration::humanize(settings.every);
    sender(settings, common).probe(&identity()).map(|place| text::fleet::push::pushed(place, every))
}

fn readings(settings: &Settings) -> Result<String, String> {
    let mut machine = Machine::new().map_err(|e| e.to_string())?;
    let pause = machine.initial_delay();
    clock::wait_for(pause);
    let mut reading = read(&mut machine, pause)?;
    let begun = clock::monotonic();
    let has_time = || clock::monotonic().saturating_sub(begun) < STANDSTILL_LIMIT;
    while reading.cpu_percent.is_none() && machine.is_standing_still() && has_time() {
        clock::wait_for(STANDSTILL_PAUSE);
        reading = read(&mut machine, STANDSTILL_PAUSE)?;
    }
    let mut unknown: Vec<String> =
        Metric::ALL.into_iter().filter(|metric| reading.percent(*metric).is_none()).map(not_known).collect();
    let mut unused = Vec::new();
    // Where memory is not known at all, that is said.
    if reading.memory_percent.is_some() {
        let rule = settings.rule(Metric::Memory);
        let mut add = |is_used: bool, words: String| {
            let list = if is_used { &mut unknown } else { &mut unused };
            list.push(words);
        };
        if reading.swap_used_bytes.is_none() {
            let reason = platform::swap_failure().unwrap_or_else(|| text::problems::NO_MEMORY_FIGURES.into());
            add(rule.is_some_and(|rule| rule.uses_swap()), text::problems::swap_not_known(reason));
        }
        if reading.is_pressure_unread {
            let reason = platform::pressure_failure().unwrap_or_else(|| text::problems::NO_PRESSURE_FIGURES.into());
            add(rule.is_some_and(|rule| rule.uses_pressure()), text::problems::pressure_not_known(reason));
        }
    }
    if !unknown.is_empty() {
        return Err(unknown.join("; "));
    }
    unused.insert(0, text::console::reading_parts(&reading));
    Ok(unused.join("; "))
}

fn read(machine: &mut Machine, refresh: Duration) -> Result<Reading, String> {
    let taken = machine.read(refresh).map_err(|e| e.to_string())?;
    Ok(taken.map(|taken| taken.reading).unwrap_or_default())
}

/// That a metric is not known, and why: in the system's words, where the file itself cannot be read.
fn not_known(metric: Metric) -> String {
    let failure = platform::read_failure(metric);
    match metric {
        Metric::Cpu => text::problems::cpu_not_known(failure.as_deref().unwrap_or(text::problems::NO_CPU_COUNTERS)),
        Metric::Memory => {
            text::problems::memory_not_known(failure.as_deref().unwrap_or(text::problems::NO_MEMORY_FIGURES))
        }
    }
}
