//! Loadline on servers: the container's root, and the property list of the daemon on macOS.

use std::fs;
use std::path::Path;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::process::Stdio;

use serde_json::Value;

use crate::program::Home;

fn project(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).to_str().unwrap().to_owned()
}

/// Mounts the host's `/proc`, `/sys` and `/dev` into the root, and runs the program there.
#[cfg(target_os = "linux")]
const SCRIPT: &str = r#"
mount --rbind /proc "$0/proc" || exit 99
mount --rbind /sys "$0/sys" || exit 99
mount --rbind /dev "$0/dev" || exit 99
exec chroot "$@"
"#;

#[cfg(target_os = "linux")]
#[test]
fn the_root_of_the_container_watches_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let made = Command::new(project("bundle/container-root")).args([env!("CARGO_BIN_EXE_loadline"), root]).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(!folder.path().join("bin").exists(), "there is no shell");
    // As root it becomes the user of the container; another user is root in a namespace of his own.
    let (way, user): (&[&str], &[&str]) = if rustix::process::geteuid().is_root() {
        (&["--mount"], &["--userspec=65532:65532", "--groups="])
    } else {
        (&["--map-root-user", "--mount"], &[])
    };
    let inside = |script: &str, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(way).args(["/bin/sh", "-c", script, root]).args(user).arg(root).args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("HOME", "/home/loadline");
        command.stdin(Stdio::null()).output().unwrap()
    };
    if !inside("exit 0", &[]).status.success() {
        println!("not tested: this machine allows no mount namespace");
        return;
    }
    let seen = inside(SCRIPT, &["/usr/bin/loadline", "snapshot", "--json"]);
    assert_eq!(seen.status.code(), Some(0), "{}", String::from_utf8_lossy(&seen.stderr));
    let reading: Value = serde_json::from_slice(&seen.stdout).unwrap();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let total_kb: u64 = meminfo.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert_eq!(reading["memory_total_bytes"].as_u64(), Some(total_kb * 1024), "{reading}");
    assert!(reading["cpu_percent"].is_number(), "{reading}");
    // Its home is its own: the random name of the machine is kept there.
    let metrics = inside(SCRIPT, &["/usr/bin/loadline", "metrics", "--every", "250ms"]);
    assert!(String::from_utf8_lossy(&metrics.stdout).contains(",host_id=\""), "{metrics:?}");
    assert!(folder.path().join("home/loadline/.local/state/loadline/host-id").is_file());
}

#[test]
fn the_container_has_the_root_and_the_user_that_the_test_has() {
    let text = fs::read_to_string(project("bundle/Containerfile")).unwrap();
    for line in [
        "    && bundle/container-root target/release/loadline /root-of-container",
        "FROM scratch",
        "COPY --from=build /root-of-container/ /",
        "USER 65532:65532",
        "ENV HOME=/home/loadline",
        "ENTRYPOINT [\"/usr/bin/loadline\"]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn the_daemon_of_macos_is_a_property_list() {
    let read = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let list = project("resources/server/dev.loadline.server.plist");
    let output = Command::new("/usr/bin/python3").args(["-I", "-c", read, &list]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    // launchd.plist(5): the label is the name of the file.
    assert_eq!(list["Label"], "dev.loadline.server");
    let arguments: Vec<&str> =
        list["ProgramArguments"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()).collect();
    assert_eq!(arguments[0], "/Applications/Loadline.app/Contents/MacOS/loadline");
    let tried = Home::new().run(&[&arguments[1..], &["--samples", "1"]].concat());
    assert_eq!((tried.status, tried.stderr.as_str()), (Some(0), ""), "the program knows {arguments:?}");
    assert_eq!((&list["RunAtLoad"], &list["KeepAlive"]["SuccessfulExit"]), (&true.into(), &false.into()));
    // Nobody else may read what it writes.
    assert_eq!(list["Umask"], 0o077);
}
