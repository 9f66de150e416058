//! Characters that are not seen never reach a terminal: the table of the program against another copy of the standard.

use std::process::Command;

use loadline::core::escape::for_terminal;

/// Prints the code points of the property that Perl's own copy of the Unicode data has.
const LIST: &str =
    r#"no warnings; for my $c (0 .. 0x10FFFF) { print "$c\n" if chr($c) =~ /\p{Default_Ignorable_Code_Point}/ }"#;

#[test]
fn every_ignorable_code_point_is_escaped() {
    let Ok(output) = Command::new("perl").args(["-e", LIST]).output() else {
        eprintln!("skipped: perl, which has the Unicode data, is not installed");
        return;
    };
    let list = String::from_utf8(output.stdout).unwrap();
    let ignorable: Vec<char> = list.lines().map(|line| char::from_u32(line.parse().unwrap()).unwrap()).collect();
    assert!(ignorable.len() > 4000, "{} code points", ignorable.len());
    let passed: Vec<char> = ignorable.into_iter().filter(|c| !for_terminal(&c.to_string()).is_ascii()).collect();
    assert!(passed.is_empty(), "{passed:?}");
}

#[test]
fn letters_marks_and_signs_are_shown_as_they_are() {
    let letters = ["naïve – e\u{301}", "漢字", "한글", "עברית", "عربي", "हिन्दी"];
    for shown in letters.into_iter().chain(["👍🏽", "№ ½ \u{a0}"]) {
        assert_eq!(for_terminal(shown), shown);
    }
}
