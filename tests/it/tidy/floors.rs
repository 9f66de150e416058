//! The house as it is built: which file uses which, read off the imports, against the rules of `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code, is_test, rust_files};

/// The most files in a room, beside the one that describes it.
const MOST_IN_A_ROOM: usize = 12;

/// Every file of `src` as the path of its module below the crate, with its code.
fn modules() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files("src").into_iter().filter(|(path, _)| !is_test(path));
    files
        .map(|(path, text)| {
            let name = path.strip_prefix(&src).unwrap().with_extension("").display().to_string().replace('/', "::");
            (name.strip_suffix("::mod").unwrap_or(&name).to_owned(), code(&text))
        })
        .filter(|(name, _)| name != "lib" && name != "main")
        .collect()
}

/// The paths that `text` imports or names: those of an import in full, others as far as they are written.
fn paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let is_statement = rest[..at].rsplit('\n').next().unwrap_or_default().trim_start();
        rest = &rest[at + 4..];
        if is_statement.is_empty()
            || is_statement.starts_with("pub")
            || is_statement.ends_with("{ ")
            || is_statement.ends_with("; ")
        {
            expand("", rest.split(';').next().unwrap_or_default(), &mut found);
        }
    }
    let is_path = |c: char| c == ':' || c == '_' || c.is_ascii_alphanumeric();
    let words = text.split(|c| !is_path(c)).filter(|word| word.starts_with("crate::") || word.starts_with("super::"));
    found.extend(words.map(|word| word.trim_end_matches(':').to_owned()));
    found
}

/// Takes `a::{b, c::{d, e}}` apart.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default().trim();
        let whole = format!("{prefix}{}", if path == "self" { "" } else { path });
        return found.push(whole.trim_end_matches(':').to_owned());
    };
    let inside = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let part = inside[start..at].trim();
                if !part.is_empty() {
                    expand(&format!("{prefix}{}", head.trim()), part, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The file that `path`, written in the file `from`, leads to.
fn target(from: &str, path: &str, modules: &BTreeMap<String, String>) -> Option<String> {
    let mut above: Vec<&str> = from.split("::").collect();
    let mut parts: Vec<&str> = path.split("::").collect();
    match parts[0] {
        "crate" => above.clear(),
        "self" => {}
        "super" => {
            while parts.first() == Some(&"super") {
                above.pop();
                parts.remove(0);
            }
            parts.insert(0, "super");
        }
        first if modules.contains_key(&format!("{from}::{first}")) => parts.insert(0, "self"),
        _ => return None,
    }
    let whole: Vec<&str> = above.into_iter().chain(parts.into_iter().skip(1)).collect();
    let names = (1..=whole.len()).rev().map(|length| whole[..length].join("::"));
    names.into_iter().find(|name| modules.contains_key(name)).filter(|name| name != from)
}

/// Which file uses which.
fn uses() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    let uses = modules.iter().map(|(name, text)| {
        let targets = paths(text).into_iter().filter_map(|path| target(name, &path, &modules)).collect();
        (name.clone(), targets)
    });
    uses.collect()
}

fn floor(name: &str) -> usize {
    ["core", "runtime", "cli"].iter().position(|floor| name.split("::").next() == Some(floor)).unwrap()
}

#[test]
fn imports_are_read_in_every_form() {
    let text = "use std::fs;\npub use self::linux::{a, b};\n#[cfg(x)]\nuse super::{clock, console::{self, Form}};\n\
        fn f() { crate::core::text::size(1); use super::y::Z; }";
    let mut found = paths(text);
    found.retain(|path| !path.starts_with("std"));
    let expected = [
        "self::linux::a",
        "self::linux::b",
        "super::clock",
        "super::console",
        "super::console::Form",
        "crate::core::text::size",
        "super::y::Z",
    ];
    for path in expected {
        assert!(found.iter().any(|found| found == path), "{path} is missing in {found:?}");
    }
}

#[test]
fn each_floor_uses_only_those_below() {
    let uses = uses();
    assert!(uses.values().map(BTreeSet::len).sum::<usize>() > 300, "the imports are read");
    for (name, targets) in &uses {
        for target in targets {
            assert!(floor(target) <= floor(name), "{name} uses {target}, which is on a floor above");
        }
    }
}

#[test]
fn no_file_needs_itself_by_way_of_others() {
    let mut uses = uses();
    // A file that uses none of the rest, or that none of the rest uses, is no part of a circle: what remains in the end is.
    loop {
        let used: BTreeSet<String> = uses.values().flatten().cloned().collect();
        let is_outside = |name: &str, targets: &BTreeSet<String>| targets.is_empty() || !used.contains(name);
        let outside = uses.iter().filter(|(name, targets)| is_outside(name, targets));
        let done: Vec<String> = outside.map(|(name, _)| name.clone()).collect();
        if done.is_empty() {
            break;
        }
        uses.retain(|name, _| !done.contains(name));
        uses.values_mut().for_each(|targets| targets.retain(|target| !done.contains(target)));
    }
    assert!(uses.is_empty(), "these files use each other in a circle: {uses:#?}");
}

#[test]
fn a_room_is_small_enough_to_be_seen_at_a_glance() {
    let mut rooms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in modules().into_keys() {
        let (room, file) = name.rsplit_once("::").unwrap_or(("", &name));
        rooms.entry(room.to_owned()).or_default().push(file.to_owned());
    }
    let is_file = |room: &str, file: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(room.replace("::", "/"))
            .join(file)
            .with_extension("rs")
            .exists()
    };
    for (room, files) in rooms {
        let files: Vec<&String> = files.iter().filter(|file| is_file(&room, file)).collect();
        assert!(files.len() <= MOST_IN_A_ROOM, "{room} holds {} files: {files:?}", files.len());
    }
}

#[test]
fn clap_is_used_by_the_command_line_alone() {
    for (name, text) in modules() {
        assert!(floor(&name) == 2 || !text.contains("clap"), "{name} uses clap");
    }
}

/// Names that are wanted more than once: associated types of std's and serde's traits, and each platform's own part.
const SHARED_NAMES: [&str; 7] =
    ["Err", "Value", "IconFiles", "Notifications", "MachineReader", "ProcessTable", "Punctuality"];

#[test]
fn no_two_types_have_the_same_name() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in modules() {
        for line in text.lines() {
            let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ");
            let Some((kind, rest)) = line.split_once(' ') else { continue };
            if !["struct", "enum", "trait", "type", "union"].contains(&kind) {
                continue;
            }
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if SHARED_NAMES.contains(&word.as_str()) {
                continue;
            }
            if let Some(other) = seen.insert(word.clone(), name.clone()) {
                panic!("'{word}' is the name of a type in {other} and in {name}");
            }
        }
    }
}

/// Words that make a riddle of a sentence's subject.
const RIDDLES: [&str; 5] = ["Who ", "What ", "Whose ", "That which ", "How it "];

#[test]
fn a_file_begins_with_its_contents_and_not_with_a_riddle() {
    for (path, text) in rust_files("src").into_iter().chain(rust_files("tests")) {
        let first = text.lines().next().unwrap_or_default().trim_start_matches("//! ");
        assert!(!RIDDLES.iter().any(|riddle| first.starts_with(riddle)), "{}: '{first}'", path.display());
    }
}
