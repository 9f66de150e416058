//! The store with real files.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::contents::MAX_BYTES;
use super::*;
use crate::core::metrics::metric::Threshold;

/// A temporary folder for one test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Settings that are not the defaults.
fn changed() -> Settings {
    Settings { cpu: Threshold::Off, ..Settings::DEFAULT }
}

/// The problem of the file.
fn problem(store: &mut Store) -> String {
    match store.poll_changes() {
        Some(Change::Unreadable(problem)) => problem.brief,
        other => panic!("{other:?}"),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_missing_file_is_no_change_and_the_first_save_makes_it() {
    let folder = Folder::new();
    let path = folder.path("deep/er/settings.json");
    let mut store = Store::new(path.clone());
    assert_eq!(store.poll_changes(), None);
    store.save(&changed()).unwrap();
    assert_eq!(mode(&path), 0o600, "a new file is for this user alone");
    assert_eq!(Store::new(path).poll_changes(), Some(Change::Settings(Box::new(changed()))));
    assert_eq!(store.poll_changes(), None, "the store's own save is no change");
}

#[test]
fn each_edit_is_reported_once() {
    let folder = Folder::new();
    let path = folder.write("s.json", "{}");
    let mut store = Store::new(path);
    assert_eq!(store.poll_changes(), Some(Change::Settings(Box::new(Settings::DEFAULT))));
    assert_eq!(store.poll_changes(), None);
    folder.write("s.json", r#"{"alerts": {"cpu": {"above_percent": "off"}}}"#);
    assert_eq!(store.poll_changes(), Some(Change::Settings(Box::new(changed()))));
    assert_eq!(store.poll_changes(), None);
}

#[test]
fn an_edit_of_the_same_length_is_noticed() {
    let folder = Folder::new();
    let mut store = Store::new(folder.write("s.json", r#"{"refresh": "1s"}"#));
    store.poll_changes();
    folder.write("new", r#"{"refresh": "9s"}"#);
    fs::rename(folder.path("new"), folder.path("s.json")).unwrap();
    let nine_seconds = Settings { refresh: std::time::Duration::from_secs(9), ..Settings::DEFAULT };
    assert_eq!(store.poll_changes(), Some(Change::Settings(Box::new(nine_seconds))));
}

#[test]
fn an_unreadable_file_is_never_overwritten() {
    for text in ["", "nonsense", "{\"refresh\": \"1ms\"}", "{\"version\": 2}", "[1]"] {
        let folder = Folder::new();
        let path = folder.write("s.json", text);
        let mut store = Store::new(path.clone());
        assert!(matches!(store.poll_changes(), Some(Change::Unreadable(_))));
        let refused = store.save(&changed()).unwrap_err();
        assert!(refused.contains("could not be read, and is not overwritten"), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(folder.names(), ["s.json"]);
    }
}

#[test]
fn a_corrected_file_can_be_saved_again() {
    let folder = Folder::new();
    let mut store = Store::new(folder.write("s.json", "{"));
    assert!(matches!(store.poll_changes(), Some(Change::Unreadable(_))));
    folder.write("s.json", r#"{"_mine": 1}"#);
    assert_eq!(store.poll_changes(), Some(Change::Settings(Box::new(Settings::DEFAULT))));
    store.save(&changed()).unwrap();
    assert!(fs::read_to_string(folder.path("s.json")).unwrap().contains("\"_mine\": 1"));
}

#[test]
fn a_removed_unreadable_file_is_no_problem_any_more() {
    let folder = Folder::new();
    let mut store = Store::new(folder.write("s.json", "{"));
    problem(&mut store);
    fs::remove_file(folder.path("s.json")).unwrap();
    assert_eq!(store.poll_changes(), Some(Change::Gone));
    assert_eq!(store.poll_changes(), None);
    store.save(&changed()).unwrap();
}

#[test]
fn a_file_that_is_removed_and_restored_is_read_again() {
    let folder = Folder::new();
    let mut store = Store::new(folder.write("s.json", "{}"));
    store.poll_changes();
    fs::remove_file(folder.path("s.json")).unwrap();
    assert_eq!(store.poll_changes(), None, "the settings stay in effect");
    folder.write("s.json", r#"{"alerts": {"cpu": {"above_percent": "off"}}}"#);
    assert_eq!(store.poll_changes(), Some(Change::Settings(Box::new(changed()))));
}

#[test]
fn a_save_follows_a_link_and_keeps_the_mode() {
    let folder = Folder::new();
    let real = folder.write("real.json", "{}");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.json", folder.path("s.json")).unwrap();
    let mut store = Store::new(folder.path("s.json"));
    store.poll_changes();
    store.save(&changed()).unwrap();
    assert!(fs::symlink_metadata(folder.path("s.json")).unwrap().is_symlink());
    assert_eq!(mode(&real), 0o640);
    assert_eq!(Store::new(real).poll_changes(), Some(Change::Settings(Box::new(changed()))));
    assert_eq!(folder.names(), ["real.json", "s.json"], "no temporary file is left");
}

#[test]
fn a_save_through_a_dangling_link_makes_its_target() {
    let folder = Folder::new();
    symlink("later.json", folder.path("s.json")).unwrap();
    let mut store = Store::new(folder.path("s.json"));
    assert_eq!(store.poll_changes(), None);
    store.save(&changed()).unwrap();
    assert_eq!(Store::new(folder.path("later.json")).poll_changes(), Some(Change::Settings(Box::new(changed()))));
}

#[test]
fn a_place_that_cannot_be_written_is_named_and_nothing_is_left_behind() {
    let folder = Folder::new();
    folder.write("file", "not a folder");
    let mut store = Store::new(folder.path("file/settings.json"));
    assert!(matches!(store.poll_changes(), Some(Change::Unreadable(_))), "nothing can be below a file");
    assert_eq!(store.poll_changes(), None, "reported once");
    assert!(store.save(&changed()).is_err());

    let mut store = Store::new(PathBuf::from("/proc/loadline/settings.json"));
    assert_eq!(store.poll_changes(), None);
    if cfg!(target_os = "linux") {
        let refused = store.save(&changed()).unwrap_err();
        assert!(refused.starts_with("could not save the settings in '/proc/loadline/settings.json': "), "{refused}");
    }
    assert_eq!(folder.names(), ["file"]);
}

#[test]
fn a_file_that_is_too_large_or_not_text_is_refused() {
    let folder = Folder::new();
    let path = folder.path("s.json");
    fs::write(&path, vec![b' '; (MAX_BYTES + 1) as usize]).unwrap();
    assert!(problem(&mut Store::new(path.clone())).contains("larger than 1 MiB"));
    fs::write(&path, b"{\"a\": \"\xff\"}").unwrap();
    assert!(problem(&mut Store::new(path)).contains("not text in UTF-8 (byte 7)"));
}

#[test]
fn a_save_does_not_bring_back_the_commands_of_a_removed_file() {
    let folder = Folder::new();
    let path = folder.path("settings.json");
    fs::write(&path, r#"{"actions": [{"name": "a", "command": ["true"]}]}"#).unwrap();
    let mut store = Store::new(path.clone());
    let settings = store.load().unwrap();
    assert_eq!(settings.actions.len(), 1);
    fs::remove_file(&path).unwrap();
    store.save(&Settings { cpu: Threshold::Off, ..settings }).unwrap();
    assert_eq!(Store::new(path).load(), Ok(changed()));
}

#[test]
fn a_save_does_not_bring_back_the_addresses_and_tokens_of_a_removed_file() {
    let folder = Folder::new();
    let path = folder.path("settings.json");
    let push = r#"{"url": "http://127.0.0.1:1/w", "headers": {"Authorization": "Bearer s3cret"}}"#;
    let metrics = format!(r#"{{"listen": "127.0.0.1:9912", "token": "s3cret", "push": {push}}}"#);
    fs::write(&path, format!(r#"{{"metrics": {metrics}}}"#)).unwrap();
    let mut store = Store::new(path.clone());
    let settings = store.load().unwrap();
    assert!(settings.metrics.push.is_some() && settings.metrics.token.is_some());
    fs::remove_file(&path).unwrap();
    store.save(&Settings { cpu: Threshold::Off, ..settings }).unwrap();
    let saved = fs::read_to_string(&path).unwrap();
    assert!(!saved.contains("s3cret") && !saved.contains("http"), "{saved}");
    assert_eq!(Store::new(path).load(), Ok(changed()));
}

#[test]
fn a_save_keeps_a_byte_order_mark_where_it_is() {
    let folder = Folder::new();
    let path = folder.write("settings.json", "\u{feff}{\"mine\": 1, \"refresh\": \"3s\"}");
    let mut store = Store::new(path.clone());
    let loaded = store.load().unwrap();
    assert_eq!(loaded.refresh.as_secs(), 3);
    let saved = Settings { cpu: Threshold::Off, ..loaded };
    store.save(&saved).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("\u{feff}{\n  \"mine\": 1,") && text.matches('\u{feff}').count() == 1, "{text}");
    assert_eq!(Store::new(path).load(), Ok(saved));
}
