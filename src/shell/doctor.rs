//! `doctor`: what works here and what does not, each with the way out.

use anyhow::{Result, ensure};
use serde::Serialize;

use super::machine::Machine;
use super::platform::{self, Check};
use super::sampler::Source;
use super::store::Store;
use super::{clock, console, watch};
use crate::model::escape::for_terminal;
use crate::model::settings::Settings;
use crate::model::wording;

/// Looks at everything that Loadline needs.
///
/// # Errors
/// When something does not work, or stdout takes nothing.
pub fn run(store: Option<Store>, form: console::Form) -> Result<()> {
    let mut checks = vec![Check { name: "settings", result: settings(store) }];
    checks.push(Check { name: "readings", result: readings() });
    checks.extend(platform::checks());
    for check in &checks {
        match form {
            console::Form::Text => console::say_text(&text(check))?,
            console::Form::Json => console::say_text(&json(check))?,
        }
    }
    let failed = checks.iter().filter(|check| check.result.is_err()).count();
    ensure!(failed == 0, "{failed} of {} checks failed", checks.len());
    Ok(())
}

fn text(check: &Check) -> String {
    let (mark, detail) = match &check.result {
        Ok(detail) => ("ok  ", detail),
        Err(problem) => ("FAIL", problem),
    };
    format!("{mark}  {:<14} {}", check.name, for_terminal(detail))
}

fn json(check: &Check) -> String {
    #[derive(Serialize)]
    struct Record<'a> {
        version: u32,
        r#type: &'static str,
        at: String,
        name: &'a str,
        ok: bool,
        detail: &'a str,
    }
    let (Ok(detail) | Err(detail)) = &check.result;
    let at = crate::model::record::rfc3339(&clock::now().wall);
    let record = Record { version: 1, r#type: "check", at, name: check.name, ok: check.result.is_ok(), detail };
    // A record of strings always has a JSON form.
    serde_json::to_string(&record).unwrap_or_default()
}

fn settings(store: Option<Store>) -> Result<String, String> {
    let Some(mut store) = store else {
        return Err("there is no home folder to keep settings in: give --settings FILE".into());
    };
    let found = store.changes();
    let path = store.path().display();
    let describe = |settings: Settings| {
        let [cpu, memory] = [settings.cpu, settings.memory].map(wording::threshold);
        format!("CPU above {cpu}, memory above {memory}, after {}", wording::after(settings.after))
    };
    match found {
        None => Ok(format!("'{path}' is not there yet, so the defaults hold: {}", describe(Settings::DEFAULT))),
        Some(settings) => Ok(format!("'{path}': {}", describe(settings.map_err(|problem| problem.text)?))),
    }
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
