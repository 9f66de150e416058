//! Python is started apart from its surroundings (`-I`): it would import from the folder that it is started in, and from where
//! the person's variables say, also as root.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the project but the sources and the manual, with its path and text; no pictures.
fn scripts() -> Vec<(String, String)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = [".ci", ".github", "bundle", "tests"].map(|name| project.join(name)).into();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(project).unwrap().display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((name, text));
            }
        }
    }
    assert!(found.len() > 100, "{} files", found.len());
    found
}

/// The calls of Python in a line of a script that are not apart from their surroundings: each program by that name, or by that
/// of its installer, without `-I` right after it.
fn exposed(line: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || "\"'`()[]{},;&|=<>".contains(c);
    let mut words = line.split(is_end).filter(|word| !word.is_empty()).peekable();
    let mut before = "";
    while let Some(word) = words.next() {
        let name = word.trim_start_matches("#!").rsplit('/').next().unwrap_or_default();
        let version = |start: &str| {
            name.strip_prefix(start).is_some_and(|rest| {
                rest.trim_matches(['.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']).is_empty()
            })
        };
        let is_module = ["-m", "venv"].contains(&before) || before.starts_with("python:");
        let is_call = (version("python") || version("pip")) && !is_module;
        if is_call && words.peek() != Some(&"-I") {
            return Some(word.to_owned());
        }
        before = word;
    }
    None
}

/// The calls of Python in a program, in Rust or in Python: after the path, or the constant that stands for it, the first text
/// must be `-I`. Returns the beginning of the first that is not so.
fn exposed_in_program(text: &str) -> Option<String> {
    let calls = ["/python3\"", "new(\"python3\"", "new(\"python\"", "new(PYTHON", "[PYTHON", "output(PYTHON"];
    calls.into_iter().find_map(|call| {
        text.match_indices(call).find_map(|(at, _)| {
            let (line, rest) = (text[..at].rsplit('\n').next().unwrap_or_default(), &text[at + call.len()..]);
            let is_constant = line.trim_start().starts_with("const PYTHON") || line.starts_with("PYTHON = ");
            let is_apart = rest.split('"').nth(1) == Some("-I");
            (!is_constant && !is_apart).then(|| format!("{line}{call}{}", rest.lines().next().unwrap_or_default()))
        })
    })
}

/// A line of a script that names Python without starting it: a package, or a comment.
fn is_mention(file: &str, line: &str) -> bool {
    let line = line.trim_start();
    (file == "bundle/system-packages" && line.contains("python:"))
        || line.starts_with("prepare python ")
        || (line.starts_with('#') && !line.starts_with("#!"))
}

#[test]
fn python_imports_from_its_own_library_alone() {
    for (file, text) in scripts() {
        if [".md", ".txt", "tests/it/tidy/python.rs"].iter().any(|end| file.ends_with(end)) {
            continue;
        }
        if file.ends_with(".rs") || file.ends_with(".py") {
            assert_eq!(exposed_in_program(&text), None, "{file}");
            continue;
        }
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !is_mention(&file, line)) {
            assert_eq!(exposed(line), None, "{file}, line {}: {line}", index + 1);
        }
    }
}

#[test]
fn an_exposed_call_is_found_in_every_form() {
    for line in [
        "#!/usr/bin/python3",
        "#!/usr/bin/env python3",
        "    python3 script.py",
        "if ! python3.11 -c 'import json'; then",
        "x=$(/usr/bin/python3 - \"$1\" <<'END'",
        "\"$tools/python/bin/pip\" install x",
        "run: pip3 install x",
        "/usr/bin/python3 -B -I script.py",
    ] {
        assert!(exposed(line).is_some(), "{line}");
    }
    for line in ["#!/usr/bin/python3 -I", "python3 -I -m pip install x", "python3 -I -m venv x/python", "pythonic"] {
        assert_eq!(exposed(line), None, "{line}");
    }
    for program in ["Command::new(\"/usr/bin/python3\").args([\"-c\", script])", "start([PYTHON, \"-c\", text])"] {
        assert!(exposed_in_program(program).is_some(), "{program}");
    }
    for program in [
        "const PYTHON: &str = \"/usr/bin/python3\";",
        "let mut command = Command::new(\"/usr/bin/python3\");\ncommand.args([\"-I\", \"-c\", script]);",
        "start([PYTHON, \"-I\", \"-c\", text])",
    ] {
        assert_eq!(exposed_in_program(program), None);
    }
}
