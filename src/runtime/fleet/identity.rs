//! The identity of this machine in its metrics, and the file with the random part of it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::core::fleet::table::MachineIdentity;
use crate::runtime::sources::machine::host_name;
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

/// The random name that the file at `path` keeps, made at the first call.
fn host_id(path: &Path) -> io::Result<String> {
    // A named pipe would be waited for without end.
    if fs::metadata(path).is_ok_and(|file| file.is_file()) {
        let mut text = String::new();
        File::open(path)?.take(2 * RANDOM_BYTES as u64).read_to_string(&mut text)?;
        if is_host_id(&text) {
            return Ok(text);
        }
    }
    let mut bytes = [0; RANDOM_BYTES];
    // Both systems have it, and it never makes a program wait. Source: random(4), of Linux and of macOS.
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    atomic_file::replace(path, &format!("{id}\n"))?;
    Ok(id)
}

fn is_host_id(text: &str) -> bool {
    text.len() == 2 * RANDOM_BYTES && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
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
            fs::write(&path, damaged).unwrap();
            let anew = host_id(&path).unwrap();
            assert!(is_host_id(&anew) && anew != first, "{damaged:?}");
        }
        let unwritable = Path::new("/dev/null/host-id");
        assert!(host_id(unwritable).is_err());
    }
}
