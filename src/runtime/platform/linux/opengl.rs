//! GTK without OpenGL. GDK loads OpenGL when it opens the display, though menus never use it. With Mesa's software renderer
//! that alone loads LLVM, and triples the memory of a tray item.

use std::env;
use std::process::Command as Program;

/// GDK's switch (GTK 3 documentation, "Running GTK+ Applications").
const SWITCH: &str = "GDK_GL";
/// "disable" in a spelling that no person uses, so that [`restore_environment`] recognises it: GDK takes a list separated by
/// commas.
const OFF: &str = "disable,";

/// Prepares the process before anything else runs: switches OpenGL off, unless the person has set the switch.
#[allow(unsafe_code)]
pub fn prepare_process() {
    if cfg!(feature = "menu-bar") && env::var_os(SWITCH).is_none() {
        // SAFETY: the environment must not be read by another thread meanwhile. `main` calls this first of all, before there
        // is another thread.
        unsafe { env::set_var(SWITCH, OFF) };
    }
}

/// Restores the environment for a program that is about to be started: it may need OpenGL.
pub fn restore_environment(program: &mut Program) {
    if env::var_os(SWITCH).is_some_and(|value| value == OFF) {
        program.env_remove(SWITCH);
    }
}
