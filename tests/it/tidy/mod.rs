//! The invariants of `src/lib.rs` that can be read off the source.

mod floors;
mod python;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file below `folder`, with its text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The code of a file: no comments, no tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The files whose code contains `word`, as paths below `src`.
fn files_with(word: &str) -> Vec<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named = |path: PathBuf| path.strip_prefix(&src).unwrap().display().to_string();
    let with = rust_files("src").into_iter().filter(|(path, text)| !is_test(path) && code(text).contains(word));
    let mut names: Vec<String> = with.map(|(path, _)| named(path)).collect();
    names.sort();
    names
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
}

#[test]
fn the_core_is_pure() {
    let forbidden = [
        "std::fs",
        "std::io",
        "std::net",
        "std::process",
        "std::thread",
        "std::env",
        "std::sync::",
        "Instant",
        "SystemTime",
        "now()",
        "println!",
        "print!(",
        "eprint",
        "anyhow",
        "sysinfo",
        "tao::",
        "tray_icon",
        "notify_rust",
        "zbus",
        "loadline::runtime",
        "loadline::cli::args",
        ".unwrap()",
        ".expect(",
        "panic!",
        "unreachable!",
    ];
    // A shared text is neither a lock nor a channel.
    let allowed = "use std::sync::Arc;";
    for (path, text) in rust_files("src/core").iter().filter(|(path, _)| !is_test(path)) {
        let code = code(text).replace(allowed, "");
        for word in forbidden {
            assert!(!code.contains(word), "I1: {} contains '{word}'", path.display());
        }
    }
}

/// Where `unsafe` is: each block with its reason (clippy's `undocumented_unsafe_blocks`).
const UNSAFE: [&str; 18] = [
    "runtime/platform/linux/opengl.rs",
    "runtime/platform/linux/panel/item.rs",
    "runtime/platform/linux/panel/xembed.rs",
    "runtime/platform/linux/tray.rs",
    "runtime/platform/macos.rs",
    "runtime/platform/macos/login_item.rs",
    "runtime/platform/macos/menu_charts.rs",
    "runtime/platform/macos/notifications/center.rs",
    "runtime/platform/macos/notifications/delegate.rs",
    "runtime/platform/macos/power_state.rs",
    "runtime/platform/macos/processes.rs",
    "runtime/platform/macos/readings.rs",
    "runtime/platform/macos/title.rs",
    "runtime/platform/macos/tray.rs",
    "runtime/platform/macos/unified_log.rs",
    "runtime/platform/mapped_code.rs",
    "runtime/service/environment.rs",
    "runtime/trust/access_list.rs",
];

#[test]
fn each_power_is_in_one_place() {
    for (power, files) in [
        ("Instant::now", vec!["runtime/clock.rs"]),
        ("Zoned::now", vec![]),
        ("Timestamp::now", vec!["runtime/clock.rs"]),
        ("Engine::new", vec!["core/engine/backtest.rs", "core/fleet/once.rs", "runtime/app.rs"]),
        ("persist(", vec!["runtime/atomic_file.rs"]),
        ("fs::write", vec![]),
        ("File::options", vec![]),
        // A lock has no content.
        ("OpenOptions::new", vec!["runtime/instance_lock.rs"]),
        ("File::create", vec![]),
        // SQLite writes its own file.
        ("Connection::open", vec!["runtime/history/database.rs", "runtime/history/reader.rs"]),
        ("io::stdout", vec!["runtime/console/mod.rs"]),
        ("io::stderr", vec!["runtime/console/mod.rs"]),
        // One writer of CSV, which leaves no formula in a cell.
        ("csv::", vec!["cli/export/csv_table.rs"]),
        ("write_record(", vec!["cli/export/csv_table.rs"]),
        ("println!", vec![]),
        ("eprintln!", vec![]),
        ("process::exit", vec![]),
        ("ControlFlow::Poll", vec![]),
        ("WaitUntil", vec![]),
        ("thread::sleep", vec![]),
        (" Menu::new", vec!["runtime/tray/menu.rs"]),
        ("set_menu", vec![]),
        // `mpsc::channel` has no bound: the sampler's orders come from clicks alone.
        ("channel()", vec!["runtime/sources/sampler.rs"]),
        ("unsafe {", UNSAFE.to_vec()),
        ("allow(unsafe_code)", UNSAFE.to_vec()),
        ("#[allow(clippy", vec![]),
        // https trusts whom the system trusts.
        ("disable_verification", vec![]),
        ("danger", vec![]),
    ] {
        assert_eq!(files_with(power), files, "'{power}' belongs there and nowhere else");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let words = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X", "#[ig".to_owned() + "nore"];
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{} contains '{word}'", path.display());
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let name = path.display();
        assert!(text.starts_with("//! "), "{name} does not begin with a '//!' line");
        let lines = text.lines().count();
        assert!(lines <= 400, "{name} has {lines} lines: it holds more than one idea");
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(widest <= 130, "{name} has a line of {widest} characters");
    }
}

#[test]
fn functions_fit_on_a_screen() {
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let lines: Vec<&str> = text.lines().collect();
        for (start, line) in lines.iter().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function =
                ["fn ", "pub fn ", "async fn ", "pub async fn "].iter().any(|f| line.trim_start().starts_with(f));
            if !is_function || line.ends_with(';') || line.ends_with("{}") {
                continue;
            }
            let close = format!("{}}}", " ".repeat(indent));
            let length = lines[start..].iter().position(|l| *l == close).map_or(1, |end| end + 1);
            assert!(length <= 70, "{}:{}: a function of {length} lines", path.display(), start + 1);
        }
    }
}

#[test]
fn public_types_and_functions_are_documented() {
    // rustc's lint `missing_docs` wants a comment for each field too, also where it could only repeat the field's name.
    let items = ["fn ", "struct ", "enum ", "trait ", "type ", "const ", "static ", "async fn "];
    for (path, text) in rust_files("src").iter().filter(|(path, _)| !is_test(path)) {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().map(str::trim_start).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(item) = line
                .strip_prefix("pub ")
                .filter(|item| items.iter().any(|kind| item.starts_with(kind)) && !item.contains("$name"))
            else {
                continue;
            };
            let above = lines[..at].iter().rev().take_while(|line| !line.is_empty() && !line.ends_with('}'));
            let is_documented = above.into_iter().any(|line| line.starts_with("///"));
            assert!(is_documented, "{}:{}: '{item}' has no comment", path.display(), at + 1);
        }
    }
}

/// Where words may stand beside `core/text`: the labels of the tray, the cells of the report, and clap's help.
const WORDS: [&str; 5] = ["core/text/", "core/tray/", "core/report/", "cli/args.rs", "cli/help.rs"];

#[test]
fn sentences_are_in_the_room_of_the_text() {
    // serde wants its words in an attribute, AppKit its reason beside the call, and `osascript` its script.
    let is_elsewhere =
        |line: &str| line.contains("expecting = ") || line.contains("ns_string!") || line.contains("on run argv");
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (path, text) in rust_files("src").iter().filter(|(path, _)| !is_test(path)) {
        let name = path.strip_prefix(&src).unwrap().display().to_string();
        if WORDS.iter().any(|room| name.starts_with(room)) {
            continue;
        }
        for line in code(text).lines().filter(|line| !is_elsewhere(line)) {
            for literal in line.split('"').skip(1).step_by(2).filter(|literal| !literal.starts_with("could not ")) {
                let words: Vec<&str> =
                    literal.split(' ').filter(|word| word.chars().all(|c| c.is_ascii_lowercase())).collect();
                let is_sentence =
                    words.len() >= 4 && words.iter().any(|word| ["is", "not", "it", "the"].contains(word));
                assert!(!is_sentence, "{name} holds a sentence that belongs into core/text: \"{literal}\"");
            }
        }
    }
}

#[test]
fn tao_neither_listens_to_keys_nor_polls() {
    // Its feature `x11` wakes on every key of the desktop, `dbus` every five seconds (`linux/device.rs`, `portal.rs`).
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let tao = manifest.lines().find(|line| line.starts_with("tao = ")).unwrap();
    assert!(tao.contains("default-features = false") && !tao.contains("features = ["), "{tao}");
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for package in ["x11-dl", "gdkx11-sys", "dbus"] {
        assert!(!lock.contains(&format!("name = \"{package}\"\n")), "{package} is back");
    }
}

#[test]
fn the_version_has_its_place_in_the_changelog() {
    let changelog = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CHANGELOG.md")).unwrap();
    let heading = format!("## {}", env!("CARGO_PKG_VERSION"));
    assert!(changelog.lines().any(|line| line.starts_with(&heading)), "CHANGELOG.md has no '{heading}'");
}
