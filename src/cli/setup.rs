//! Starts the monitor with the options of the command line and the parts that this system has.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::args::{Common, Monitor};
use super::usage_error::UsageError;
use crate::core::fleet::endpoint::EndpointOptions;
use crate::core::settings::{Overrides, Settings};
use crate::core::text;
use crate::core::time::Clock;
use crate::runtime::actions::Actions;
use crate::runtime::actions::permissions::Permissions;
use crate::runtime::app::App;
use crate::runtime::app::config::{AppConfig, End, SourceKind};
use crate::runtime::fleet::endpoint::Endpoint;
use crate::runtime::fleet::pusher::Pusher;
use crate::runtime::history::recorder::Recorder;
use crate::runtime::inbox::Inbox;
#[cfg(feature = "menu-bar")]
use crate::runtime::instance_lock;
use crate::runtime::notifier::Notifier;
use crate::runtime::service::manager::ServiceManager;
use crate::runtime::service::{failures, restart};
use crate::runtime::settings_store::Store;
use crate::runtime::sources::machine::Machine;
use crate::runtime::sources::sampler::{Sampler, Source};
use crate::runtime::sources::trace::{Speed, Trace};
use crate::runtime::trust::opening::FileRole;
use crate::runtime::{clock, console, history, platform, signals};

/// Runs the menu-bar app, or [`watch`] where there is no desktop. The app ends the process itself, with the status that
/// `exit_status` returns.
#[cfg(feature = "menu-bar")]
pub fn menu_bar(common: &Common, monitor: &Monitor, exit_status: fn(Result<()>) -> u8) -> Result<()> {
    // The machine is read first: the pause before the next reading passes while the desktop gets ready.
    let machine = monitor.readings.is_none().then(Machine::new).transpose()?;
    if let Err(reason) = platform::desktop() {
        if failures::earlier().last().is_some() {
            // The thread may have failed because the desktop has gone: nobody has asked for a monitor without one.
            return Err(anyhow!(reason));
        }
        console::warn(&text::problems::no_desktop(&reason));
        return watch_on(common, monitor, machine);
    }
    // The alerts of a trace did not happen now.
    if monitor.readings.is_none() {
        console::enable_log();
    }
    let Some(_instance) = instance_lock::acquire_tray(platform::runtime_dir().as_deref()) else {
        console::warn(text::problems::ALREADY_RUNNING);
        return Ok(());
    };
    let config =
        AppConfig { prints_readings: false, has_tray: true, clock: platform::clock(), ..config(common, monitor) };
    let (mut app, inbox) = start(common, monitor, config, machine)?;
    app.read_last_update_check();
    crate::runtime::tray::event_loop::run(app, inbox, move |end| i32::from(exit_status(outcome(end, false))))
}

/// Runs [`watch`]: this build has no menu bar.
#[cfg(not(feature = "menu-bar"))]
pub fn menu_bar(common: &Common, monitor: &Monitor, _exit_status: fn(Result<()>) -> u8) -> Result<()> {
    console::warn(&text::problems::no_desktop(text::problems::NO_MENU_BAR));
    watch(common, monitor)
}

/// Runs the monitor on the console.
pub fn watch(common: &Common, monitor: &Monitor) -> Result<()> {
    watch_on(common, monitor, None)
}

fn watch_on(common: &Common, monitor: &Monitor, machine: Option<Machine>) -> Result<()> {
    let (app, _inbox) = start(common, monitor, config(common, monitor), machine)?;
    outcome(run(app), monitor.readings.is_some())
}

/// The settings of a command that must not fall back to the defaults. Their mistakes are named.
///
/// # Errors
/// When the file cannot be read, or the file that `--settings` names is not there.
pub fn settings(common: &Common) -> Result<Settings> {
    let mut store = store(common);
    let settings = store.as_mut().map_or(Ok(Settings::DEFAULT), Store::load);
    let settings = settings.map_err(|problem| UsageError(problem.text))?;
    common.overrides().check(&settings.locked).map_err(UsageError)?;
    if let Some(named) = missing_settings(common, store.as_ref()) {
        return Err(UsageError(text::problems::settings_missing(&named)).into());
    }
    warn_of_mistakes(&settings);
    Ok(settings)
}

/// Names the mistakes of the settings that cost only their own part.
pub fn warn_of_mistakes(settings: &Settings) {
    if !settings.mistakes.is_empty() {
        console::warn(&text::problems::settings_mistakes(&settings.mistakes).text);
    }
}

/// The file that `--settings` names, when it is not there.
pub fn missing_settings(common: &Common, store: Option<&Store>) -> Option<String> {
    let is_missing = store.is_some_and(|store| !store.has_file());
    common.settings.as_ref().filter(|_| is_missing).map(|named| named.display().to_string())
}

/// The settings file over the machine's: that of the command line, else that of the environment or the platform. Without a home
/// folder the machine's alone.
pub fn store(common: &Common) -> Option<Store> {
    let of_machine = platform::machine_settings_file();
    let only_machine = || of_machine.exists().then(|| of_machine.to_owned());
    let path = common.settings.clone().or_else(Store::default_path).or_else(only_machine)?;
    let store = Store::with_notes(path, platform::state_dir().as_deref());
    Some(store.over_machine_file(of_machine, FileRole::MACHINE))
}

fn config(common: &Common, monitor: &Monitor) -> AppConfig {
    AppConfig {
        form: common.form(),
        prints_readings: !monitor.quiet,
        overrides: Overrides { listen: monitor.listen, ..common.overrides() },
        samples: monitor.samples,
        source: if monitor.readings.is_some() { SourceKind::TraceFile } else { SourceKind::Machine },
        has_tray: false,
        clock: Clock::Hours24,
    }
}

/// The source of the readings: the machine or a trace.
fn source(monitor: &Monitor) -> Result<Box<dyn Source>> {
    let Some(file) = &monitor.readings else { return Ok(Box::new(Machine::new()?)) };
    let trace = Trace::open(file, monitor.speed.unwrap_or(Speed::Times(1.0)));
    Ok(Box::new(trace.map_err(|e| UsageError(format!("{e:#}")))?))
}

/// The overrides for a trace: without `--every` also its own interval, where that is longer than the settings', and the remark
/// about that.
pub(super) fn trace_overrides(given: Overrides, file: &Path, settings: &Settings) -> (Overrides, Option<String>) {
    match Trace::interval(file, settings.refresh).filter(|_| given.refresh.is_none()) {
        None => (given, None),
        Some((interval, remark)) => (Overrides { refresh: Some(interval), ..given }, Some(remark)),
    }
}

/// Starts all parts of a monitor. `machine` has been read once, where it is given.
fn start(common: &Common, monitor: &Monitor, config: AppConfig, machine: Option<Machine>) -> Result<(App, Arc<Inbox>)> {
    // A trace, or a number of readings, would begin again, too.
    if config.is_machine() && config.samples.is_none() {
        restart::restart_on_failure();
    }
    let source = machine.map_or_else(|| source(monitor), |machine| Ok(Box::new(machine)))?;
    let (source_kind, has_tray) = (config.source, config.has_tray);
    let inbox = Arc::new(Inbox::default());
    signals::forward(Arc::clone(&inbox), ServiceManager::is_hangup_reload())?;
    let mut store = store(common);
    let found = store.as_mut().map_or(Ok(Settings::DEFAULT), Store::load);
    if let Some(named) = missing_settings(common, store.as_ref()) {
        console::warn(&text::problems::defaults_hold(&named));
    }
    if let Some(problem) = clock::zone_problem() {
        console::warn(&problem);
    }
    let notifier = platform::can_notify().then(|| Notifier::start(Arc::clone(&inbox), has_tray)).transpose()?;
    let settings = store.as_ref().map_or(Settings::DEFAULT, Store::settings);
    config.overrides.check(&settings.locked).map_err(UsageError)?;
    if config.overrides.listen.is_some() {
        let effective = config.overrides.apply_to(&settings);
        EndpointOptions::of(&effective, &|name| std::env::var(name).ok()).map_err(UsageError)?;
    }
    let (mut config, mut remark) = (config, None);
    if let Some(file) = &monitor.readings {
        (config.overrides, remark) = trace_overrides(config.overrides, file, &settings);
    }
    let settings_file = store.as_ref().map(|store| store.path().to_owned());
    let actions = Actions::start(Arc::clone(&inbox), settings_file.clone(), platform::state_dir());
    let of_files = settings.clone();
    let mut app = App::new(config, Arc::clone(&inbox), settings, store, notifier);
    app.set_actions(actions);
    if let Some(manager) = ServiceManager::of_environment() {
        app.set_service_manager(manager);
    }
    // A trace is a record already.
    if let (SourceKind::Machine, Some(path)) = (source_kind, history::path()) {
        app.set_recorder(Recorder::start(Arc::clone(&inbox), path));
    }
    // The machine's hold also where the person's cannot be read.
    app.note_loaded_settings(Ok(of_files));
    found.err().into_iter().for_each(|problem| app.note_loaded_settings(Err(problem)));
    // The values of a trace are not those of this machine.
    if source_kind == SourceKind::Machine {
        app.set_endpoint(Endpoint::new(Arc::clone(&inbox)));
        let permissions = Permissions::new(settings_file, platform::state_dir().as_deref());
        app.set_pusher(Pusher::new(Arc::clone(&inbox), Arc::new(permissions)));
    }
    remark.into_iter().for_each(|remark| app.warn(remark));
    if let Some(failure) = failures::earlier().last() {
        app.warn(text::problems::started_again(&failure.thread, &failure.message));
    }
    let refresh = app.settings().refresh;
    let readings = Arc::clone(&inbox);
    // The loop of a desktop waits for its desktop, and a trace may make its reader wait.
    let is_in_loop = source_kind == SourceKind::Machine && !has_tray;
    app.set_sampler(match is_in_loop {
        true => Sampler::in_loop(source, readings, refresh),
        false => Sampler::start(source, readings, refresh)?,
    });
    Ok((app, inbox))
}

/// The result of a run. A trace fails as a wrong input file.
pub(super) fn outcome(end: End, is_trace: bool) -> Result<()> {
    match end {
        End::Done => Ok(()),
        End::Failed(problem) if is_trace => Err(UsageError(problem).into()),
        End::Failed(problem) => Err(anyhow!(problem)),
    }
}

/// Passes inputs to the app until it ends.
pub fn run(mut app: App) -> End {
    let mut end = None;
    while end.is_none()
        && let Some(input) = app.next_input()
    {
        end = app.take(input);
    }
    // The end of the program waits within limits.
    platform::reset_timer_tolerance();
    end.unwrap_or(End::Done)
}
