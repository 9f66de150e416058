//! The identity of this machine in its metrics, and the file with the random part of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::core::fleet::table::MachineIdentity;
use crate::runtime::sources::machine::host_name;
use crate::runtime::trust::opening::{self, Distrust, FileRole, OpenedFile};
use crate::runtime::{atomic_file, platform};

/// The file with the random name of the machine, in the folder of the state.
const NAME: &str = "host-id";
/// Random bytes in that name: no two of any number of machines have the same.
const RANDOM_BYTES: usize = 16;

/// The identity of this machine, and of this program.
pub fn identity() -> MachineIdentity {
    MachineIdentity {
        version: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        host: host_name(),
        host_id: platform::state_dir().and_then(|folder| host_id(&folder.join(NAME)).ok()),
    }
}

/// The random name that the file at `path` keeps, made at the first call, and again where others could have written the file:
/// by a name of theirs the values would go to the series of another machine.
///
/// # Errors
/// When the name cannot be kept, or others could put another file in its place.
fn host_id(path: &Path) -> io::Result<String> {
    if let Some(id) = stored(path)? {
        return Ok(id);
    }
    make(path)?;
    // The folder of a file that was not there has not been judged yet.
    stored(path)?.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The name in the file at `path`; `None` where it holds none, or is to be replaced.
///
/// # Errors
/// When it cannot be read, or others could put another file in its place.
fn stored(path: &Path) -> io::Result<Option<String>> {
    match opening::open(path, FileRole::Person) {
        Ok(OpenedFile { distrust: Some(Distrust { is_lasting: false, reason }), .. }) => Err(io::Error::other(reason)),
        Ok(opened) => Ok(opened.trusted_text(2 * RANDOM_BYTES as u64).filter(|text| is_host_id(text))),
        // Nothing is there, or no file of one's own.
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error().is_none() => Ok(None),
        // The system's fault may be over the next time: another name would make another machine of this one.
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0; RANDOM_BYTES];
    // Both systems have it, and it never makes a program wait. Source: random(4), of Linux and of macOS.
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    atomic_file::replace_private(path, &format!("{id}\n")).map(drop)
}

fn is_host_id(text: &str) -> bool {
    text.len() == 2 * RANDOM_BYTES && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_random_name_of_a_machine_stays_and_a_damaged_one_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/host-id");
        let first = host_id(&path).unwrap();
        assert!(is_host_id(&first), "{first}");
        assert_eq!(host_id(&path).unwrap(), first);
        assert_ne!(host_id(&folder.path().join("other")).unwrap(), first);
        for damaged in ["", "ab\"c\n", &"A".repeat(32), &"0".repeat(31)] {
            std::fs::write(&path, damaged).unwrap();
            let anew = host_id(&path).unwrap();
            assert!(is_host_id(&anew) && anew != first, "{damaged:?}");
        }
        let unwritable = Path::new("/dev/null/host-id");
        assert!(host_id(unwritable).is_err());
    }

    #[test]
    fn a_name_that_others_could_write_is_made_anew_and_a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host-id");
        let mode = |path: &Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let first = host_id(&path).unwrap();
        mode(&path, 0o666);
        let second = host_id(&path).unwrap();
        assert!(second != first && host_id(&path).unwrap() == second, "{first} {second}");
        mode(folder.path(), 0o777);
        assert!(host_id(&path).is_err(), "the next could be replaced as well");
        assert!(host_id(&folder.path().join("new")).is_err());
        mode(folder.path(), 0o700);
        assert_eq!(host_id(&path).unwrap(), second);
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(is_host_id(&host_id(&pipe).unwrap()), "it is replaced");
    }

    #[test]
    fn the_name_in_a_file_of_another_user_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("host-id");
        let foreign = "0".repeat(32);
        std::fs::write(&path, &foreign).unwrap();
        if std::os::unix::fs::chown(&path, Some(4_711), None).is_err() {
            return eprintln!("not tested: only root can give a file away");
        }
        let own = host_id(&path).unwrap();
        assert!(is_host_id(&own) && own != foreign, "{own}");
        assert_eq!(host_id(&path).unwrap(), own);
    }
}
