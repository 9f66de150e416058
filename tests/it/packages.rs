//! The manual page and the completions that the packages bring.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

#[path = "../../bundle/docs.rs"]
mod docs;

/// A folder with the manual page and the completions.
fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    docs::write_all(folder.path()).unwrap();
    folder
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
    command.env("MANPAGER", "cat").env("MANWIDTH", "100").stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_manual_page_has_its_sections_and_no_warnings() {
    let folder = written();
    let page = folder.path().join("loadline.1");
    let shown = run("man", &["--warnings", "-l", page.to_str().unwrap()]);
    assert_eq!((text(&shown.stderr).as_str(), shown.status.code()), ("", Some(0)));
    let shown = text(&shown.stdout);
    for section in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "FILES", "ENVIRONMENT", "EXIT STATUS", "SEE ALSO"] {
        assert!(shown.lines().any(|line| line == section), "{section} in {shown}");
    }
    for command in ["watch", "snapshot", "replay", "history", "advise", "doctor", "report", "actions test", "help"] {
        assert!(shown.contains(&format!("\n       loadline {command}")), "{command} in {shown}");
    }
}

#[test]
fn man_reports_a_broken_page() {
    let folder = written();
    let page = folder.path().join("broken.1");
    fs::write(&page, ".TH broken 1\n.SH NAME\nbroken\n.NOSUCHMACRO\n").unwrap();
    let shown = run("man", &["--warnings", "-l", page.to_str().unwrap()]);
    assert!(text(&shown.stderr).contains("NOSUCHMACRO"), "{}", text(&shown.stderr));
}

#[test]
fn shells_accept_the_completions() {
    let folder = written();
    for (shell, option, file) in
        [("bash", "-n", "loadline.bash"), ("zsh", "-n", "_loadline"), ("fish", "--no-execute", "loadline.fish")]
    {
        let is_there = ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(shell).exists());
        assert!(is_there || shell != "bash");
        if is_there {
            let checked = run(shell, &[option, folder.path().join(file).to_str().unwrap()]);
            assert_eq!((text(&checked.stderr).as_str(), checked.status.code()), ("", Some(0)), "{shell}");
        }
    }
}

/// The completions that an interactive bash offers for the last of `words`.
fn completed(folder: &Path, words: &[&str]) -> Vec<String> {
    let script = r#"
        source "$1"/loadline.bash; shift
        read -r -a rule < <(complete -p loadline)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        for ((i = 0; i < ${#rule[@]}; i++)); do [[ ${rule[i]} == -F ]] && function=${rule[i + 1]}; done
        "$function" loadline "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let arguments = [&["--norc", "-ic", script, "bash", folder.to_str().unwrap()][..], words].concat();
    text(&run("bash", &arguments).stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_pages() {
    let folder = written();
    assert_eq!(completed(folder.path(), &["loadline", "act"]), ["actions"]);
    assert_eq!(completed(folder.path(), &["loadline", "actions", "te"]), ["test"]);
    assert_eq!(completed(folder.path(), &["loadline", "report", "--o"]), ["--out", "--open"]);
    assert_eq!(completed(folder.path(), &["loadline", "help", "al"]), ["alerts"]);
    assert_eq!(completed(folder.path(), &["loadline", "help", "wat"]), ["watch"]);
}

#[test]
fn the_package_brings_the_metadata_of_the_desktop_entry() {
    let resources = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources");
    let read = |name: &str| fs::read_to_string(resources.join(name)).unwrap();
    let metadata = read("dev.loadline.Loadline.metainfo.xml");
    let entry = read("dev.loadline.Loadline.desktop");
    let name = entry.lines().find_map(|line| line.strip_prefix("Name=")).unwrap();
    assert!(metadata.contains(&format!("<name>{name}</name>")));
    assert!(metadata.contains("<launchable type=\"desktop-id\">dev.loadline.Loadline.desktop</launchable>"));
}
