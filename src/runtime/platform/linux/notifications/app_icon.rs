//! The program's own icon, for notifications.

use std::env;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::runtime::atomic_file;
use crate::runtime::platform::linux::folders::{data_dir, data_home};
use crate::runtime::trust::opening::{self, FileRole};

/// The icon of this program in an icon theme, as packages install it.
///
/// Source: Icon Theme Specification, "Installing Application Icons".
const NAME: &str = "dev.loadline.Loadline";
const PATH_IN_THEME: &str = "icons/hicolor/scalable/apps/dev.loadline.Loadline.svg";
/// Where `XDG_DATA_DIRS` is not set.
///
/// Source: XDG Base Directory Specification.
const DEFAULT_DATA_DIRS: &str = "/usr/local/share:/usr/share";
/// The picture, for a program that was not installed by a package.
const PICTURE: &str = include_str!("../../../../../resources/loadline.svg");
const FILE: &str = "loadline.svg";

/// The name of the icon where a package has installed it, else the address of a file with the picture, which is written when
/// it is not there. The name, too, where that cannot be written: the service shows an icon of its own then. An address, and not
/// a path, because Budgie takes no paths (10.7, `notification.vala`).
///
/// Source: Desktop Notifications Specification, "Icons and Images".
pub fn name_or_address() -> String {
    if is_installed() {
        return NAME.into();
    }
    let path = data_dir().map(|folder| folder.join(FILE)).filter(|path| write(path));
    path.map_or_else(|| NAME.into(), |path| address(&path))
}

/// The address of a file. Bytes that an address cannot hold are escaped (RFC 8089, "file" URI scheme).
fn address(path: &Path) -> String {
    let mut address = String::from("file://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => address.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => address.push(char::from(*byte)),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

fn is_installed() -> bool {
    let dirs = env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty()).unwrap_or(DEFAULT_DATA_DIRS.into());
    let folders = data_home().into_iter().chain(env::split_paths(&dirs).collect::<Vec<PathBuf>>());
    folders.map(|folder| folder.join(PATH_IN_THEME)).any(|path| path.exists())
}

/// Whether the picture is at `path` now.
fn write(path: &Path) -> bool {
    let is_written = opening::open(path, FileRole::Person).is_ok_and(|opened| {
        let mut bytes = Vec::with_capacity(PICTURE.len() + 1);
        let read = opened.file.take(PICTURE.len() as u64 + 1).read_to_end(&mut bytes);
        read.is_ok() && bytes == PICTURE.as_bytes()
    });
    is_written || atomic_file::replace(path, PICTURE).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_any_path() {
        assert_eq!(address(Path::new("/home/a b/ü%.svg")), "file:///home/a%20b/%C3%BC%25.svg");
    }
}
