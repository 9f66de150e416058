//! The row of a problem in the menu: its subject, and the reason, which has to be seen in the width of a menu.

use crate::core::messages::effect::Operation;
use crate::core::text::figures::truncate_chars;

/// The longest row, in characters.
pub const WIDTH: usize = 72;
/// The longest name, value or file that a row quotes, in characters, where the row would be too long.
const QUOTED_WIDTH: usize = 24;
/// Beginnings that a long row can do without: the reason stands after them.
const DISPENSABLE: [&str; 3] = ["could not ", "command '", "actions are not done"];

/// A problem in one menu row of at most 72 characters. Words that would only repeat the subject are left out; where the row
/// is too long, paths are shortened first, then what stands before the reason is left out, and advice is cut off.
pub fn problem_row(operation: &Operation, problem: &str) -> String {
    let (subject, repeated) = match operation {
        Operation::ReadSettings => ("Settings file not used", "the settings"),
        Operation::SaveSettings => ("Settings not saved", "save"),
        Operation::HeedSettings => ("Settings", "in the settings"),
        Operation::Sample => ("Readings stopped", "readings"),
        Operation::Measure(metric) => (&*format!("{metric} not known"), "not known"),
        Operation::MeasureSwap => ("Swap not known", "not known"),
        Operation::MeasurePressure => ("Memory pressure not known", "not known"),
        Operation::Print => ("Console not written", "to the console"),
        Operation::Notify => ("No notifications", "notifications do not work"),
        Operation::Open => ("Not opened", "could not open"),
        Operation::AskToQuit => ("Not asked to quit", "could not ask"),
        Operation::LoginItem | Operation::ReadLoginItem => ("Launch at login", "launch at login"),
        Operation::ScanProcesses => ("Processes not read", "the processes"),
        Operation::Record => ("History not kept", "the history"),
        Operation::ServeMetrics => ("Metrics not served", "not served"),
        Operation::PushMetrics => ("Metrics not pushed", "not pushed"),
        Operation::RunAction(name) => {
            (&*format!("Action {}", truncate_chars(name, QUOTED_WIDTH)), "actions are not done")
        }
    };
    let width = WIDTH - subject.chars().count() - ": ".len();
    truncate_chars(&format!("{subject}: {}", fit(without(problem, |clause| clause.contains(repeated)), width)), WIDTH)
}

/// `problem` with its reason in the first `width` characters, as far as that can be.
fn fit(problem: &str, width: usize) -> String {
    if has_room(problem, width) {
        return problem.to_owned();
    }
    let short = shorten_quoted(problem);
    if has_room(reason(&short), width) {
        return short;
    }
    without(&short, |clause| DISPENSABLE.iter().any(|beginning| clause.starts_with(beginning))).to_owned()
}

fn has_room(text: &str, width: usize) -> bool {
    text.chars().nth(width).is_none()
}

/// `problem` without the clauses at its beginning that are to go. The last clause stays.
fn without(mut problem: &str, is_to_go: impl Fn(&str) -> bool) -> &str {
    while let Some((clause, rest)) = first_clause(problem)
        && is_to_go(clause)
    {
        problem = rest;
    }
    problem
}

/// The text before the first colon that no quotes enclose, and the text after it.
fn first_clause(text: &str) -> Option<(&str, &str)> {
    let is_outside = |at: &usize| quotes(text).iter().all(|&(begin, end)| !(begin..end).contains(at));
    let at = text.match_indices(": ").map(|(at, _)| at).find(is_outside)?;
    Some((&text[..at], &text[at + 2..]))
}

/// `problem` without the advice or remark behind it.
fn reason(problem: &str) -> &str {
    let remark = if problem.ends_with(')') { problem.rfind(" (") } else { None };
    let ends = [problem.find("; "), remark];
    &problem[..ends.into_iter().flatten().min().unwrap_or(problem.len())]
}

/// The texts between single quotes, as places of bytes. An apostrophe within a word is no quote.
fn quotes(text: &str) -> Vec<(usize, usize)> {
    let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let (mut found, mut begin) = (Vec::new(), None);
    for (at, _) in text.match_indices('\'') {
        match begin {
            None if !is_letter(text[..at].chars().next_back()) => begin = Some(at + 1),
            Some(from) if !is_letter(text[at + 1..].chars().next()) => {
                found.push((from, at));
                begin = None;
            }
            _ => {}
        }
    }
    found
}

/// `text` with its long quoted texts shortened: `'/home/ada/.config/loadline/settings.json'` to `'…/settings.json'`.
fn shorten_quoted(text: &str) -> String {
    let (mut short, mut done) = (String::new(), 0);
    for (begin, end) in quotes(text) {
        let quoted = &text[begin..end];
        let file = quoted.rsplit_once('/').filter(|_| !quoted.contains("://")).map(|(_, name)| format!("…/{name}"));
        let quoted = if has_room(quoted, QUOTED_WIDTH) { quoted } else { file.as_deref().unwrap_or(quoted) };
        short += &text[done..begin];
        short += &truncate_chars(quoted, QUOTED_WIDTH);
        done = end;
    }
    short + &text[done..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Metric;
    use crate::core::text;

    const FILE: &str = "/home/ada/.var/app/io.github.loadline/config/loadline/settings.json";
    const DENIED: &str = "Permission denied (os error 13)";

    #[track_caller]
    fn check(operation: &Operation, problem: impl AsRef<str>, row: &str) {
        assert_eq!(problem_row(operation, problem.as_ref()), row);
        assert!(row.chars().count() <= WIDTH, "{row}");
    }

    #[test]
    fn a_short_reason_stands_behind_its_subject() {
        let folder = text::settings::IS_FOLDER;
        check(&Operation::ReadSettings, folder, "Settings file not used: it is a folder, and should be a file");
        check(&Operation::Measure(Metric::Cpu), text::problems::NO_VALUE, "CPU not known: no reading for a minute");
        check(&Operation::Sample, "the file is gone", "Readings stopped: the file is gone");
        check(&Operation::HeedSettings, "line 2 column 3: 'cpu' is 7x", "Settings: line 2 column 3: 'cpu' is 7x");
    }

    #[test]
    fn words_that_repeat_the_subject_are_left_out() {
        let silent = text::desktop::notification_failed(text::desktop::NOTIFICATION_SERVICE_SILENT);
        check(&Operation::Notify, silent, "No notifications: the notification service does not answer");
        let saved = text::settings::not_saved(FILE, DENIED);
        check(&Operation::SaveSettings, saved, "Settings not saved: Permission denied (os error 13)");
        let kept = "Settings not saved: '…/settings.json' could not be read, and is not ove…";
        check(&Operation::SaveSettings, text::settings::not_overwritten(FILE), kept);
        check(&Operation::Print, text::console::not_written("Broken pipe"), "Console not written: Broken pipe");
        let scan = text::problems::scan_timed_out(5);
        check(&Operation::ScanProcesses, scan, "Processes not read: it took longer than 5 s");
        let scan = text::desktop::processes_unreadable(text::desktop::NO_PROCESSES_IN_PROC);
        check(&Operation::ScanProcesses, scan, "Processes not read: '/proc' shows none; mount it");
        let opened = text::desktop::open_failed("https://example.com/a", "xdg-open", "exit status: 3");
        check(&Operation::Open, opened, "Not opened: xdg-open failed (exit status: 3)");
        let history = text::history::unwritable("/data/my: files/history.csv", DENIED, "free some room");
        check(&Operation::Record, history, "History not kept: Permission denied (os error 13); free some room");
        let actions = text::actions::no_dispatcher("out of memory");
        let action = Operation::RunAction("pager".into());
        check(&action, actions, "Action pager: could not start a thread: out of memory");
    }

    #[test]
    fn a_long_path_or_value_does_not_hide_the_reason() {
        let login = text::desktop::login_item_unchanged("/home/ada/.config/autostart/loadline.desktop", DENIED);
        check(&Operation::LoginItem, login, "Launch at login: Permission denied (os error 13)");
        let run = |problem: String, row| check(&Operation::RunAction("backup".into()), problem, row);
        let program = "/usr/local/libexec/site/monitoring/tell-operator.sh";
        let ended = "Action backup: '…/tell-operator.sh' ended with status 7";
        run(text::actions::command::exit_status(program, 7), ended);
        run(
            text::actions::command::not_started(program, "No such file or directory", "give its full path"),
            "Action backup: No such file or directory; give its full path",
        );
        run(
            text::actions::permissions::writable_file(FILE, "666", "x"),
            "Action backup: '…/settings.json' may be written by others (mode 666), w…",
        );
        let unknown = |key: &str| {
            let message = text::settings::file::misspelt_key(key, text::settings::file::quoted("cpu"), "");
            format!("line 12 column 7: {message}")
        };
        let cpv = "Settings: line 12 column 7: unknown key 'cpv', did you mean 'cpu'? (it…";
        check(&Operation::HeedSettings, unknown("cpv"), cpv);
        let long = "Settings: line 12 column 7: unknown key 'ccccccccccccccccccccccc…', did…";
        check(&Operation::HeedSettings, unknown(&"c".repeat(80)), long);
        let name = Operation::RunAction("a name as long as the name of an action may be, and more".into());
        let row = "Action a name as long as the n…: '/bin/false' ended with status 1";
        check(&name, text::actions::command::exit_status("/bin/false", 1), row);
    }

    #[test]
    fn no_row_is_too_long_or_hides_the_reason() {
        let others = [
            Operation::ReadSettings,
            Operation::SaveSettings,
            Operation::HeedSettings,
            Operation::Sample,
            Operation::MeasureSwap,
            Operation::MeasurePressure,
            Operation::Print,
            Operation::Notify,
            Operation::Open,
            Operation::LoginItem,
            Operation::ReadLoginItem,
            Operation::ScanProcesses,
            Operation::Record,
            Operation::ServeMetrics,
            Operation::PushMetrics,
            Operation::RunAction("é".repeat(64).into()),
        ];
        for operation in Metric::ALL.map(Operation::Measure).iter().chain(&others) {
            let problems = ["x/'é: ".repeat(40), String::new(), "''': ''".into(), "'".into(), ": ".into()];
            for problem in problems {
                let row = problem_row(operation, &problem);
                assert!(row.chars().count() <= WIDTH, "{row}");
            }
            for problem in [format!("could not read '{FILE}{FILE}': denied"), format!("'{FILE}{FILE}' was denied")] {
                let row = problem_row(operation, &problem);
                assert!(row.contains("denied") && row.chars().count() <= WIDTH, "{row}");
            }
        }
    }

    #[test]
    fn an_apostrophe_is_no_quote() {
        let row = "No notifications: no notification service is running: start your deskto…";
        check(&Operation::Notify, text::desktop::NO_NOTIFICATION_SERVICE, row);
        let text = "your desktop's '/a/b' or 'c'";
        assert_eq!(shorten_quoted(text), text);
    }
}
