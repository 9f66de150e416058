//! The workflows run nothing that others may change: a tag may be moved, a digest not.

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
