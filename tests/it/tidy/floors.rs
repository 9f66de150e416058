//! The house as it is built: which file uses which, read off the imports, against the rules of `src/lib.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{code, is_test, rust_files};

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
fn clap_is_used_by_the_command_line_alone() {
    for (name, text) in modules() {
        assert!(floor(&name) == 2 || !text.contains("clap"), "{name} uses clap");
    }
}
