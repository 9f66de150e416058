//! `doctor`: what works here and what does not, each with the way out.

use std::io;

use anyhow::{Result, ensure};

use crate::core::messages::output_line::{OutputEvent, OutputLine};
use crate::core::settings::Settings;
use crate::core::text;
use crate::runtime::actions::status::{self, ActionStatus};
#[cfg(feature = "menu-bar")]
use crate::runtime::instance_lock;
use crate::runtime::platform::{self, Check};
use crate::runtime::settings_store::Store;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::Source;
use crate::runtime::{clock, console, history};

/// Looks at everything that Loadline needs.
///
/// # Errors
/// When something does not work, or stdout takes nothing.
pub fn run(store: Option<Store>, form: console::Form) -> Result<()> {
    let CheckedSettings { state, actions, settings } = settings(store);
    let mut checks = vec![Check { name: "settings".into(), result: state }];
    checks.push(Check { name: "readings".into(), result: readings() });
    let refresh = text::power_state::refresh_state(&settings, platform::power_state());
    checks.push(Check { name: "refresh".into(), result: Ok(refresh) });
    checks.push(Check { name: "history".into(), result: history::state(settings.history) });
    checks.extend(platform::checks());
    #[cfg(feature = "menu-bar")]
    checks.push(Check { name: "running".into(), result: Ok(running()) });
    checks.iter().try_for_each(|check| say(check, form))?;
    for ActionStatus { check, output } in actions {
        say(&check, form)?;
        if form == console::Form::Text {
            output.iter().try_for_each(|line| console::print_text(line))?;
        }
        checks.push(check);
    }
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    ensure!(failed == 0, "{failed} of {} checks failed", checks.len());
    Ok(())
}

fn say(check: &Check, form: console::Form) -> io::Result<()> {
    let said = OutputEvent::Check { name: check.name.clone(), result: check.result.clone() };
    console::print_line(&OutputLine { at: clock::now().wall, event: said }, form)
}

/// What the settings file tells.
struct CheckedSettings {
    /// How it stands.
    state: Result<String, String>,
    /// How its actions stand.
    actions: Vec<ActionStatus>,
    /// What it says, or the defaults.
    settings: Settings,
}

fn settings(store: Option<Store>) -> CheckedSettings {
    let wrong = |problem| CheckedSettings { state: Err(problem), actions: Vec::new(), settings: Settings::DEFAULT };
    let Some(mut store) = store else {
        return wrong("there is no home folder to keep settings in: give --settings FILE".into());
    };
    let settings = match store.load() {
        Ok(settings) => settings,
        Err(problem) => return wrong(problem.text),
    };
    let now = clock::now().wall.timestamp();
    let actions = status::statuses(&settings.actions, store.path(), platform::state_dir().as_deref(), now);
    let rules = text::settings::rules(&settings);
    let absent = if store.has_file() { "" } else { " is not there yet, so the defaults hold" };
    let place = store.path().display();
    CheckedSettings { state: Ok(format!("'{place}'{absent}: {rules}")), actions, settings }
}

/// Which Loadline has the tray item, and what it costs. That there is none is no failure.
#[cfg(feature = "menu-bar")]
fn running() -> String {
    let Some(folder) = platform::runtime_dir() else {
        return "not known: there is no folder for what ends with the session (XDG_RUNTIME_DIR)".into();
    };
    match instance_lock::tray_holder(&folder) {
        Ok(Some(pid)) => text::self_usage::running(&platform::self_usage(pid), pid),
        Ok(None) => text::self_usage::NOT_RUNNING.into(),
        Err(error) => format!("not known: the lock in '{}' cannot be read: {error}", folder.display()),
    }
}

fn readings() -> Result<String, String> {
    let mut machine = Machine::new().map_err(|e| e.to_string())?;
    let pause = machine.initial_delay();
    clock::wait_for(pause);
    let taken = machine.read(pause).map_err(|e| e.to_string())?;
    let reading = taken.map(|taken| taken.reading).unwrap_or_default();
    if reading.cpu_percent.is_none() {
        return Err("the CPU cannot be read: is /proc mounted?".into());
    }
    if reading.memory_percent.is_none() {
        return Err("the memory cannot be read: is /proc mounted?".into());
    }
    Ok(text::console::reading_text(&reading))
}
