//! Launch at login: an entry in the desktop's autostart folder.
//!
//! Source: Desktop Application Autostart Specification 0.5; Desktop Entry Specification 1.5, "The Exec key".

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::folders::config_home;
use crate::core::login_item::LoginItemState;
use crate::core::text;
use crate::runtime::platform::login_file::set_login_file;
use crate::runtime::trust::opening::{self, FileRole};

/// The name of the entry: the identifier of the app, as the specification demands.
const ENTRY: &str = "dev.loadline.Loadline.desktop";

/// Far more than an entry takes.
const MAX_BYTES: u64 = 64 << 10;

/// Whether Loadline is launched at login.
pub fn login_item_state() -> Result<LoginItemState, String> {
    let path = entry()?;
    match read_entry(&path) {
        Ok(text) if is_enabled(&text) => Ok(LoginItemState::On),
        Ok(_) => Ok(LoginItemState::Off),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(LoginItemState::Off),
        Err(error) => Err(text::desktop::login_item_unreadable(path.display(), error)),
    }
}

/// The text of an entry, whoever wrote it. A named pipe in its place is not waited for.
fn read_entry(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    opening::open(path, FileRole::Person)?.file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// Whether the desktop launches this entry: its own settings switch one off by a line, and leave the file in place.
fn is_enabled(entry: &str) -> bool {
    let is_off =
        |line: &str| matches!(line.replace(' ', "").as_str(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
    !entry.lines().any(is_off)
}

/// Whether this program will be in its place at the next login: always on Linux, as far as it can be known.
pub fn is_settled() -> bool {
    true
}

/// Opens the settings in which the person allows the login item: nothing on Linux, where none needs approval.
pub fn open_login_item_settings() {}

/// Switches launching at login on or off, for the program that is running.
pub fn set_launch_at_login(on: bool) -> Result<(), String> {
    set_login_file(&entry()?, on, desktop_entry)
}

fn entry() -> Result<PathBuf, String> {
    let folder = config_home().ok_or(text::desktop::NO_LOGIN_FOLDER)?;
    Ok(folder.join("autostart").join(ENTRY))
}

fn desktop_entry(program: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Loadline\n\
         Comment=CPU and memory in the tray, and an alert worth reading\nExec={}\n",
        exec(program)
    )
}

/// A path in the form of the Exec key: quoted, with special characters escaped twice (for the value of a key and for the
/// quotes), and `%` doubled.
fn exec(program: &str) -> String {
    let mut quoted = String::from("\"");
    for c in program.chars() {
        match c {
            '\\' => quoted.push_str(r"\\\\"),
            '"' | '`' | '$' => quoted.extend(['\\', '\\', c]),
            '%' => quoted.push_str("%%"),
            _ => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_for_the_exec_key() {
        assert_eq!(exec("/opt/load line/loadline"), r#""/opt/load line/loadline""#);
        assert_eq!(exec(r"/a$b\c%d"), r#""/a\\$b\\\\c%%d""#);
    }
}
