//! Launch at login: an entry in the desktop's autostart folder.
//!
//! Source: Desktop Application Autostart Specification 0.5; Desktop Entry Specification 1.5, "The Exec key".

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::folders::config_home;
use crate::core::text;
use crate::runtime::platform::login_file::set_login_file;

/// The name of the entry: the identifier of the app, as the specification demands.
const ENTRY: &str = "dev.loadline.Loadline.desktop";

/// Whether Loadline is launched at login.
pub fn launches_at_login() -> Result<bool, String> {
    let path = entry()?;
    match fs::read_to_string(&path) {
        // The desktop's own settings switch an entry off by one of these lines, and leave the file in place.
        Ok(text) => Ok(!text
            .lines()
            .any(|line| matches!(line.replace(' ', "").as_str(), "Hidden=true" | "X-GNOME-Autostart-enabled=false"))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(text::desktop::login_item_unreadable(path.display(), error)),
    }
}

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
