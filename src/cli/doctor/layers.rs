//! The layers of settings for `doctor`: the machine's file, where each value comes from, and secrets that others may read.

use crate::core::actions::secrets;
use crate::core::settings::layers::{Origin, SettingOrigin, origins};
use crate::core::settings::{Overrides, Settings};
use crate::core::text::settings as text;
use crate::runtime::platform::Check;
use crate::runtime::settings_store::Store;
use crate::runtime::settings_store::machine_file::MachineFile;
use crate::runtime::trust::opening::quoted_path;

/// The checks of the files in `store`, of which `settings` were made. `overrides` are those of the command line.
pub fn checks(store: &Store, overrides: &Overrides, settings: &Settings) -> Vec<Check> {
    let check = |name: &str, result: Result<String, String>| Check { name: name.into(), result: result.into() };
    let mut checks = Vec::new();
    if let Some(file) = store.machine_file().filter(|file| file.problem().is_none()) {
        checks.push(check("for all users", Ok(machine_file(file))));
    }
    if let Err(refusal) = overrides.check(&settings.locked) {
        checks.push(check("options", Err(refusal)));
    }
    let secrets = secrets_for_others(store).into_iter().chain(machine_secrets_for_others(store));
    checks.extend(secrets.map(|readable| check("secrets", Err(readable))));
    let mut allowed = *overrides;
    allowed.drop_locked(&settings.locked);
    let effective = allowed.apply_to(settings);
    let all = origins(store.machine_layer(), store.person_layer(), &allowed, &effective);
    let (defaults, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|found| found.origin == Origin::Default && !found.is_locked);
    checks.extend(others.into_iter().map(|found| check("origin", Ok(origin(found, store)))));
    let defaults: Vec<&str> = defaults.into_iter().map(|found| found.key.as_str()).collect();
    if !defaults.is_empty() {
        checks.push(check("origin", Ok(text::layers::defaults(defaults.join(", ")))));
    }
    checks
}

fn machine_file(file: &MachineFile) -> String {
    let (path, locked) = (file.path().display(), file.layer().settings.locked.keys());
    match (file.is_used(), locked) {
        (false, _) => text::layers::machine_file_absent(path),
        (true, []) => text::layers::machine_file_used(path),
        (true, keys) => text::layers::machine_file_locks(path, keys.join(", ")),
    }
}

fn origin(found: &SettingOrigin, store: &Store) -> String {
    let (key, value, person_file) = (&found.key, &found.value, store.path().display());
    let source = match found.origin {
        Origin::Default => text::layers::DEFAULT.into(),
        Origin::MachineFile => {
            store.machine_file().map_or(String::new(), |file| text::layers::file_of_origin(file.path().display()))
        }
        Origin::PersonFile => text::layers::file_of_origin(&person_file),
        Origin::CommandLine(option) => text::layers::option_of_origin(option),
    };
    match (found.is_locked, found.is_ignored) {
        (_, true) => text::layers::ignored_from(key, value, source, person_file),
        (true, false) => text::layers::locked_from(key, value, source),
        (false, false) => text::layers::value_from(key, value, source),
    }
}

/// Why others may read the secrets in the person's file.
fn secrets_for_others(store: &Store) -> Option<String> {
    let has_secrets = || secrets::are_written_out(&store.person_layer().settings);
    let mode = store.mode_readable_by_others().filter(|_| has_secrets())?;
    let quoted = quoted_path(store.path());
    let way_out = if cfg!(target_os = "macos") { text::close_with_list(quoted) } else { text::close(quoted) };
    Some(text::secrets_readable(store.path().display(), mode, way_out))
}

/// Why others may read the secrets in the machine's file.
fn machine_secrets_for_others(store: &Store) -> Option<String> {
    let file = store.machine_file()?;
    let mode = file.mode_readable_by_others().filter(|_| secrets::are_written_out(&file.layer().settings))?;
    Some(text::layers::secrets_readable(file.path().display(), mode))
}
