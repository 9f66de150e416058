//! Python is started apart from its surroundings (`-I`): it would import from the folder that it is started in, and from where
//! the person's variables say, also as root.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file of the project but pictures, with its path and text.
fn scripts() -> Vec<(String, String)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![project.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(project).unwrap().display().to_string();
            // Neither what is built nor the history is of the project.
            let is_apart = name.starts_with("target") || name == ".git";
            if path.is_dir() {
                folders.extend(Some(path).filter(|_| !is_apart));
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((name, text));
            }
        }
    }
    assert!(found.len() > 500, "{} files", found.len());
    found
}

/// Whether a program of this name is Python or its installer: `python3.11`, `pip`.
fn is_python(name: &str) -> bool {
    let is_version = |rest: &str| rest.chars().all(|c| c == '.' || c.is_ascii_digit());
    ["python", "pip"].iter().any(|start| name.strip_prefix(start).is_some_and(is_version))
}

/// The calls of Python in a line of a script that are not apart from their surroundings: each program by that name, or by that
/// of its installer, without `-I` right after it.
fn exposed(line: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || "\"'`()[]{},;&|=<>".contains(c);
    let mut words = line.split(is_end).filter(|word| !word.is_empty()).peekable();
    let mut before = "";
    while let Some(word) = words.next() {
        let name = word.trim_start_matches("#!").rsplit('/').next().unwrap_or_default();
        let is_module = ["-m", "venv"].contains(&before) || before.starts_with("python:");
        let is_call = is_python(name) && !is_module;
        if is_call && words.peek() != Some(&"-I") {
            return Some(word.to_owned());
        }
        before = word;
    }
    None
}

/// Ends of the text before a program that is started, or before a part of its path.
const HEADS: [&str; 9] = ["new(", "[", "output(", "run(", "call(", "Popen(", "spawn(", "arg(", "join("];

/// The first quoted text in `rest`.
fn next_text(rest: &str) -> Option<&str> {
    let start = rest.find(['"', '\''])?;
    let quote = rest[start..].chars().next()?;
    rest[start + 1..].split(quote).next()
}

/// The beginning of the call in `text` that starts at `from`, unless the first text behind `to` is `-I`.
fn exposed_call(text: &str, from: usize, to: usize) -> Option<String> {
    let is_apart = next_text(&text[to..]) == Some("-I");
    let line = text[..from].rsplit('\n').next().unwrap_or_default();
    (!is_apart).then(|| format!("{line}{}", text[from..].lines().next().unwrap_or_default()))
}

fn follows_head(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\n', '&']);
    HEADS.iter().any(|head| before.ends_with(head))
}

/// The calls of Python in a program, in Rust or in Python: after its path, or the name that stands for it, the first text must be
/// `-I`. In sources that only name it (`names_alone`) a path must stand where a program is started. Returns the beginning of the
/// first call that is not so.
fn exposed_in_program(text: &str, names_alone: bool) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    let mut names = vec!["sys.executable".to_owned()];
    for (at, _) in ["python", "pip"].iter().flat_map(|word| text.match_indices(word)) {
        let from = text[..at].trim_end_matches(is_part).len();
        let to = text.len() - text[from..].trim_start_matches(is_part).len();
        let (before, after) = (&text[..from], &text[to..]);
        let word = &text[from..to];
        if !is_python(word.rsplit('/').next().unwrap_or_default()) || !before.ends_with(['"', '\'']) {
            continue;
        }
        let before = &before[..before.len() - 1];
        let line = before.rsplit('\n').next().unwrap_or_default().trim_end();
        if let Some(defined) = line.strip_suffix('=') {
            let name = defined.split(':').next().unwrap_or_default().trim_end();
            names.push(name[name.trim_end_matches(|c: char| c == '_' || c.is_ascii_alphanumeric()).len()..].to_owned());
            continue;
        }
        let is_whole = after.starts_with(['"', '\'']);
        let is_call = is_whole && (follows_head(before) || word.contains('/') && !names_alone);
        let is_line_of_shell = !names_alone && after.starts_with(' ') && !after.starts_with(" -I");
        let exposed = if is_call { exposed_call(text, from, to + 1) } else { None };
        if exposed.is_some() || is_line_of_shell {
            return exposed.or(Some(word.to_owned()));
        }
    }
    names.iter().filter(|name| !name.is_empty()).find_map(|name| {
        text.match_indices(name).find_map(|(at, _)| {
            let is_longer = text[at + name.len()..].starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
            (!is_longer && follows_head(&text[..at])).then(|| exposed_call(text, at, at + name.len())).flatten()
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
            assert_eq!(exposed_in_program(&text, file.starts_with("src/")), None, "{file}");
            let first = text.lines().next().filter(|line| line.starts_with("#!/"));
            assert_eq!(first.and_then(exposed), None, "{file}");
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
    for program in [
        "Command::new(\"/usr/bin/python3\").args([\"-c\", script])",
        "Command::new(\"python3.11\").arg(script)",
        "Command::new(\"/usr/bin/env\").arg(\"python3\").arg(script)",
        "start([PYTHON, \"-c\", text])\nPYTHON = \"/usr/bin/python3\"",
        "let interpreter = \"/opt/bin/python3.12\";\nCommand::new(interpreter).arg(\"x.py\");",
        "const INTERPRETER: &str = \"python3\";\nCommand::new(&INTERPRETER).args([script]);",
        "Command::new(Path::new(\"/usr/bin\").join(\"python3\")).arg(script)",
        "subprocess.run([sys.executable, script])",
        "subprocess.run([\n    sys.executable,\n    '-c',\n    script])",
        "Command::new(\"/bin/sh\").args([\"-c\", \"python3 x.py\"])",
    ] {
        assert!(exposed_in_program(program, false).is_some(), "{program}");
    }
    for program in [
        "const PYTHON: &str = \"/usr/bin/python3\";",
        "let mut command = Command::new(\"/usr/bin/python3\");\ncommand.args([\"-I\", \"-c\", script]);",
        "start([PYTHON, \"-I\", \"-c\", text])\nPYTHON = \"/usr/bin/python3\"",
        "subprocess.run([sys.executable, '-I', script])",
        "print(sys.executable)",
        "package(\"python3-psutil\")",
    ] {
        assert_eq!(exposed_in_program(program, false), None);
    }
    assert_eq!(exposed_in_program("(\"/usr/bin/python3\", \"x.py (python3)\")", true), None, "it is only named");
    assert!(exposed_in_program("Command::new(\"/usr/bin/python3\").arg(\"x.py\")", true).is_some());
}
