//! Panels of the old kind (XEmbed), which do not watch for tray items.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::world::World;
use crate::process::Owned;

#[test]
fn doctor_knows_an_old_tray() {
    let world = World::bare();
    world.daemon.arrive();
    let tray_line = || {
        let mut doctor = world.loadline().args(&["doctor"]).start();
        doctor.wait_exit();
        doctor.out().into_iter().find(|line| line.contains(" tray ")).unwrap()
    };
    let without = tray_line();
    assert!(without.starts_with("FAIL  tray           no panel shows tray items"), "{without}");
    let program = world.path("old-tray");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/desktop/old_tray.c");
    let compiled = Command::new("cc").arg(source).arg("-o").arg(&program).arg("-lX11").status().unwrap();
    assert!(compiled.success());
    let mut command = Command::new(&program);
    command.env("DISPLAY", world.display()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut tray = Owned(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(tray.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let with = tray_line();
    assert!(with.starts_with("ok    tray           a panel shows tray items, in the old way (XEmbed)"), "{with}");
}
