//! The file by which the system launches this program at login.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::core::escape::for_terminal;
use crate::core::text;
use crate::runtime::atomic_file;

/// Writes the file at `path`, or removes it. `entry` makes its text from the path of this program.
pub fn set_login_file(path: &Path, on: bool, entry: fn(&str) -> String) -> Result<(), String> {
    let result = if on {
        let program = env::current_exe().map_err(|e| text::desktop::no_program_path(&e))?;
        atomic_file::replace(path, &entry(&written(&program)?)).map(drop)
    } else {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    };
    result.map_err(|error| text::desktop::login_item_unchanged(path.display(), error))
}

/// The path of a program as it is written into a file of lines. A line break in it would end its line and begin another key; a
/// path that is no text would be another one.
fn written(program: &Path) -> Result<String, String> {
    let shown = program.to_string_lossy();
    match program.to_str() {
        Some(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(text::desktop::program_path_has_controls(for_terminal(&shown))),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_path_that_would_end_its_line_is_refused() {
        for path in ["/opt/a\nExec=evil", "/opt/a\rb", "/opt/a\tb", "/opt/\u{85}b", "/opt/\u{7f}"] {
            let refusal = written(Path::new(path)).unwrap_err();
            assert!(refusal.contains("move the program") && !refusal.contains(char::is_control), "{refusal}");
        }
        assert!(written(Path::new(OsStr::from_bytes(b"/opt/\xff/loadline"))).is_err());
        assert_eq!(written(Path::new("/opt/load line/loadline")), Ok("/opt/load line/loadline".into()));
    }
}
