//! Has the program linked smaller, by Cargo's own way of telling the linker. Nothing is generated.

use std::env;

/// The addresses that are filled in when the program is loaded, in an eighth of their room. glibc 2.36 is the first that reads
/// them so (Debian 12); the packages ask for it.
const PACKED_RELOCATIONS: &str = "-Wl,-z,pack-relative-relocs";
/// The index by which frames are found while a thread unwinds, which none does (`panic = "abort"`).
const NO_UNWIND_INDEX: &str = "-Wl,--no-eh-frame-hdr";

fn main() {
    println!("cargo::rerun-if-changed=bundle/link.rs");
    let is = |variable, value| env::var(variable).is_ok_and(|own| own == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && is("PROFILE", "release") {
        for argument in [PACKED_RELOCATIONS, NO_UNWIND_INDEX] {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    }
}
