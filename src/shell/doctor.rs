//! `doctor`: what works here and what does not, each with the way out.

use anyhow::{Result, ensure};

use super::machine::Machine;
use super::platform::{self, Check};
use super::sampler::Source;
use super::store::Store;
use super::{clock, console, watch};
use crate::model::said::{Line, Said};
use crate::model::wording;

/// Looks at everything that Loadline needs.
///
/// # Errors
/// When something does not work, or stdout takes nothing.
pub fn run(store: Option<Store>, form: console::Form) -> Result<()> {
    let mut checks = vec![Check { name: "settings".into(), result: settings(store) }];
    checks.push(Check { name: "readings".into(), result: readings() });
    checks.extend(platform::checks());
    for Check { name, result } in &checks {
        let at = clock::now().wall;
        console::say(&Line { at, said: Said::Check { name: name.clone(), result: result.clone() } }, form)?;
    }
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    ensure!(failed == 0, "{failed} of {} checks failed", checks.len());
    Ok(())
}

fn settings(store: Option<Store>) -> Result<String, String> {
    let Some(mut store) = store else {
        return Err("there is no home folder to keep settings in: give --settings FILE".into());
    };
    let settings = store.first_look().map_err(|problem| problem.text)?;
    let [cpu, memory] = [settings.cpu, settings.memory].map(wording::threshold);
    let after = wording::after(settings.after);
    let absent = if store.has_file() { "" } else { " is not there yet, so the defaults hold" };
    Ok(format!("'{}'{absent}: CPU above {cpu}, memory above {memory}, after {after}", store.path().display()))
}

fn readings() -> Result<String, String> {
    let mut machine = Machine::new().map_err(|e| e.to_string())?;
    watch::wait_for(machine.first_pause());
    let taken = machine.take(machine.first_pause()).map_err(|e| e.to_string())?;
    let reading = taken.map(|taken| taken.reading).unwrap_or_default();
    if reading.cpu_percent.is_none() {
        return Err("the CPU cannot be read: is /proc mounted?".into());
    }
    if reading.memory_percent.is_none() {
        return Err("the memory cannot be read: is /proc mounted?".into());
    }
    Ok(wording::reading_text(&reading))
}
