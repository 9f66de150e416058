//! Libraries that stand before libc in the program under test (`LD_PRELOAD`), and let system calls fail on order.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Compiles `source`, a path in the project, into a library in `folder`, and returns its path.
pub fn compile(source: &str, folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let library = folder.join(source.file_name().unwrap()).with_extension("so");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(compiled.success());
    library
}
