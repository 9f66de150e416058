//! `help`: the pages of the manual, the help of commands, and colours.

use std::fs;
use std::path::Path;

use loadline::cli::help::PAGES;

use crate::program::{Home, Ran};

fn stdout_of(arguments: &[&str]) -> String {
    let Ran { status, stdout, stderr } = Home::new().run(arguments);
    assert_eq!((status, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    stdout
}

#[test]
fn every_page_of_the_manual_is_printed_as_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/manual");
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, PAGES.map(|(topic, _)| format!("{topic}.md")));
    for (topic, _) in PAGES {
        let page = fs::read_to_string(folder.join(format!("{topic}.md"))).unwrap();
        assert_eq!(stdout_of(&["help", topic]), page, "{topic}");
    }
}

#[test]
fn help_lists_commands_and_pages() {
    let help = stdout_of(&["help"]);
    assert_eq!(help, stdout_of(&["--help"]));
    for (topic, _) in PAGES {
        assert!(help.contains(&format!("\n  {topic} ")), "{topic} in {help}");
    }
    assert!(help.contains("\n  watch ") && help.contains("loadline help TOPIC"), "{help}");
}

#[test]
fn help_of_a_command_is_that_of_its_help_option() {
    for words in [&["watch"][..], &["replay"], &["actions", "test"], &["help"]] {
        let by_option = stdout_of(&[words, &["--help"]].concat());
        assert_eq!(stdout_of(&[&["help"], words].concat()), by_option);
        assert!(by_option.contains(&format!("Usage: loadline {}", words.join(" "))), "{by_option}");
    }
}

#[test]
fn help_for_an_unknown_word_says_where_the_list_is() {
    for words in [&["tray"][..], &["watch", "closely"], &["alerts", "cpu"], &["te\u{1b}st"]] {
        let Ran { status, stdout, stderr } = Home::new().run(&[&["help"], words].concat());
        assert_eq!((status, stdout.as_str()), (Some(2), ""));
        assert!(stderr.ends_with("': there is no such page or command; 'loadline help' lists them\n"), "{stderr}");
        assert!(!stderr.contains('\u{1b}'));
    }
}

#[test]
fn help_is_coloured_where_colours_are_wanted() {
    let home = Home::new();
    let with = |variables: &[(&str, &str)]| {
        let mut help = home.loadline(&["--help"]);
        help.envs(variables.iter().copied());
        String::from_utf8(help.output().unwrap().stdout).unwrap()
    };
    let plain = with(&[]);
    assert!(!plain.contains('\u{1b}'));
    assert!(with(&[("CLICOLOR_FORCE", "1")]).contains("\u{1b}["));
    assert_eq!(with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
}

#[test]
#[cfg(target_os = "linux")]
fn help_is_coloured_on_a_terminal() {
    use std::io::Read;
    use std::process::Stdio;

    let home = Home::new();
    let on_terminal = |variables: &[(&str, &str)]| {
        let controller = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR).unwrap();
        rustix::pty::grantpt(&controller).unwrap();
        rustix::pty::unlockpt(&controller).unwrap();
        let name = rustix::pty::ptsname(&controller, Vec::new()).unwrap();
        let terminal = fs::File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut help = home.loadline(&["help", "watch"]);
        help.envs(variables.iter().copied()).stdout(Stdio::from(terminal));
        assert!(help.status().unwrap().success());
        drop(help);
        let mut shown = Vec::new();
        // Ends with EIO: the terminal has no other side any more.
        let _ = fs::File::from(controller).read_to_end(&mut shown);
        String::from_utf8(shown).unwrap()
    };
    assert!(on_terminal(&[("TERM", "xterm")]).contains("\u{1b}["));
    for variable in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let shown = on_terminal(&[variable]);
        assert!(shown.contains("loadline watch") && !shown.contains('\u{1b}'), "{shown}");
    }
}
