//! The workflows and the recipe of the container run nothing that others may change: a tag may be moved, a digest not.

use std::fs;
use std::path::Path;

/// The workflows, with their names.
fn workflows() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<(String, String)> =
        files.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect();
    assert!(!found.is_empty());
    found
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
}

#[test]
fn actions_and_images_are_named_by_digest() {
    for (file, text) in workflows() {
        for line in text.lines().map(|line| line.trim().trim_start_matches("- ")) {
            if let Some(action) = line.strip_prefix("uses: ").filter(|action| !action.starts_with("./")) {
                let (pinned, version) = action.split_once(" # v").unwrap_or_default();
                let commit = pinned.split_once('@').unwrap_or_default().1;
                assert!(is_hexadecimal(commit, 40) && !version.is_empty(), "{file}: {line}");
            }
            if let Some(image) = line.strip_prefix("container: ").or_else(|| line.strip_prefix("image: ")) {
                let digest = image.split_once("@sha256:").unwrap_or_default().1;
                assert!(is_hexadecimal(digest, 64), "{file}: {line}");
            }
        }
    }
}

/// The images in a recipe of a container that are not named by digest, but for nothing at all and its own stages.
fn loose_images(recipe: &str) -> Vec<String> {
    let mut stages = vec!["scratch".to_owned()];
    let mut loose = Vec::new();
    for line in recipe.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_instruction = |name: &str| words.first().is_some_and(|word| word.eq_ignore_ascii_case(name));
        let image = if is_instruction("FROM") {
            words.iter().skip(1).find(|word| !word.starts_with("--")).copied()
        } else {
            words.iter().find_map(|word| word.strip_prefix("--from=")).filter(|_| is_instruction("COPY"))
        };
        let is_pinned = |image: &str| is_hexadecimal(image.split_once("@sha256:").unwrap_or_default().1, 64);
        loose.extend(image.filter(|image| !is_pinned(image) && !stages.iter().any(|s| s == image)).map(str::to_owned));
        if let [.., word, stage] = words[..]
            && is_instruction("FROM")
            && word.eq_ignore_ascii_case("AS")
        {
            stages.push(stage.to_owned());
        }
    }
    loose
}

#[test]
fn the_images_of_containers_are_named_by_digest() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundle");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let recipes: Vec<String> =
        names.filter(|name| name.contains("Containerfile") || name.contains("Dockerfile")).collect();
    assert!(!recipes.is_empty());
    for recipe in recipes {
        assert_eq!(loose_images(&fs::read_to_string(folder.join(&recipe)).unwrap()), [""; 0], "{recipe}");
    }
    let pinned = format!("FROM rust@sha256:{} AS build\nFROM scratch\nCOPY --from=build /a /\n", "0".repeat(64));
    assert_eq!(loose_images(&pinned), [""; 0]);
    for (recipe, image) in [
        ("FROM rust:1-bookworm AS build\n", "rust:1-bookworm"),
        ("from --platform=linux/amd64 rust\n", "rust"),
        ("FROM rust@sha256:abc\n", "rust@sha256:abc"),
        ("FROM scratch\nCOPY --from=busybox:1 /bin/sh /bin/sh\n", "busybox:1"),
    ] {
        assert_eq!(loose_images(recipe), [image], "{recipe}");
    }
}

#[test]
fn secrets_are_given_to_jobs_of_the_protected_environment_alone() {
    for (file, text) in workflows() {
        let mut environment = None;
        for line in text.lines() {
            let is_job = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
            if is_job {
                environment = None;
            }
            environment = line.trim().strip_prefix("environment: ").or(environment);
            let is_used = line.contains("${{ secrets.");
            assert!(!is_used || environment == Some("release"), "{file}: {line}");
        }
    }
}
