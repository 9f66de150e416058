//! Commands: their input, their output, and their end in time.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use loadline::core::alerts::event::AlertEvent;
use loadline::core::messages::output_line::{OutputEvent, OutputLine};
use loadline::core::metrics::metric::Metric;
use loadline::runtime::actions::attribution::AttributedLine;
use loadline::runtime::actions::command;
use loadline::runtime::actions::exchange::Exchange;
use loadline::runtime::actions::process_group::ProcessGroups;

use super::{alert, is_alive, line_in, sh};
use crate::support::events;
use crate::wait::{SOON, wait_for};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(1);

fn run_about(line: &OutputLine, host: &str, argv: &[String], timeout: Duration) -> Exchange {
    let alert = AttributedLine::now(line.clone());
    command::run(argv, timeout, &alert, host, false, &Arc::new(ProcessGroups::default()), &[])
}

fn run(script: &str, timeout: Duration) -> Exchange {
    run_about(&alert(91.0, "rustc"), "here", &sh(script), timeout)
}

fn problem(exchange: Exchange) -> String {
    exchange.outcome.unwrap_err().text
}

#[test]
fn each_failure_has_its_sentence() {
    assert_eq!(run("echo fine", LONG).outcome, Ok(()));
    let failed = run("echo said; echo complained >&2; exit 3", LONG);
    assert_eq!(failed.response, "said\ncomplained\n");
    assert!(!failed.outcome.as_ref().unwrap_err().is_retryable);
    assert_eq!(problem(failed), "'/bin/sh' ended with status 3");
    assert_eq!(problem(run("kill -9 $$", LONG)), "'/bin/sh' was ended by signal 9");
}

#[test]
fn a_program_that_cannot_be_started_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script").display().to_string();
    let start = |program: &str| problem(run_about(&alert(91.0, "rustc"), "here", &[program.to_owned()], LONG));
    let missing = start("no-such-program-anywhere");
    assert!(missing.starts_with("command 'no-such-program-anywhere' could not be started: "), "{missing}");
    assert!(missing.ends_with("; give its full path"), "{missing}");
    assert!(start(&script).ends_with("; see whether it, and what its first line names, is there"));
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    assert!(start(&script).ends_with("; make it executable with 'chmod +x'"));
}

#[test]
fn a_timeout_ends_the_whole_process_group() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pids");
    // Neither listens to SIGTERM, and each starts another process again and again.
    let script = "trap '' TERM; (trap '' TERM; while :; do sleep 1; done) & echo $$ $! > \"$LOADLINE_PROCESS\"; \
                  while :; do sleep 1; done";
    let ran = run_about(&alert(91.0, &file.display().to_string()), "here", &sh(script), SHORT);
    assert_eq!(problem(ran), "'/bin/sh' had not ended after 1 s and was ended");
    for pid in line_in(&file).split(' ') {
        wait_for("the end of the group", SOON, || (!is_alive(pid)).then_some(()));
    }
}

#[test]
fn a_stopped_program_is_ended_by_its_timeout() {
    let ran = run("echo $$; kill -STOP $$; echo on", SHORT);
    assert_eq!(ran.outcome.unwrap_err().text, "'/bin/sh' had not ended after 1 s and was ended");
    wait_for("the end of the program", SOON, || (!is_alive(&ran.response)).then_some(()));
    // One that is woken goes on.
    let ran = run("(while kill -CONT $$; do sleep 0.1; done 2> /dev/null) & kill -STOP $$; echo on", LONG);
    assert_eq!((ran.outcome, ran.response.as_str()), (Ok(()), "on\n"));
}

#[test]
fn a_group_is_asked_to_end_before_it_is_killed() {
    let ran = run("trap 'echo asked; exit 0' TERM; sleep 100 & wait", SHORT);
    assert_eq!(ran.response, "asked\n");
    assert_eq!(problem(ran), "'/bin/sh' had not ended after 1 s and was ended");
}

#[test]
fn background_programs_are_neither_waited_for_nor_read() {
    let folder = tempfile::tempdir().unwrap();
    let (leader, gone) = (folder.path().join("leader"), folder.path().join("gone"));
    let script = format!(
        "echo $$ > '{}'; (trap '' PIPE; while echo noise; do :; done 2> /dev/null; echo gone > '{}') & echo done",
        leader.display(),
        gone.display()
    );
    let started = Instant::now();
    let ran = run(&script, LONG);
    assert_eq!(ran.outcome, Ok(()));
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(line_in(&gone), "gone", "nobody holds the other end of its pipe");
    let leader = line_in(&leader);
    let is_there = || Command::new("ps").args(["-p", &leader]).output().unwrap().status.success();
    wait_for("that the leader is waited for", SOON, || (!is_there()).then_some(()));
}

#[test]
fn a_flood_of_output_is_truncated_and_blocks_nothing() {
    let ran = run("head -c 10000000 /dev/zero | tr '\\000' x; echo; echo at the end >&2", LONG);
    assert_eq!(ran.outcome, Ok(()));
    let (beginning, note) = ran.response.split_once('\n').unwrap();
    assert_eq!(beginning, "x".repeat(64 << 10));
    assert_eq!(note, "(cut here: it said 10000012 bytes)");
}

#[test]
fn output_that_is_not_utf8_is_shown() {
    assert_eq!(run(r"printf 'a\377b\n'", LONG).response, "a\u{fffd}b\n");
    let ran = run("head -c 100000 /dev/zero | tr '\\000' '\\377'", LONG);
    assert!(ran.response.len() < (64 << 10) + 100, "{}", ran.response.len());
}

#[test]
fn a_command_need_not_read_its_stdin() {
    let huge = "h".repeat(300_000);
    let about = |script: &str| run_about(&alert(91.0, "rustc"), &huge, &sh(script), LONG);
    assert_eq!(about("true").outcome, Ok(()), "it does not read");
    assert_eq!(about("exec 0<&-; sleep 0.1; true").outcome, Ok(()), "it cannot read");
    let counts = about("read -r line; printf %s \"$line\" | wc -c; cat | wc -c").response;
    let [first, rest]: [usize; 2] =
        counts.lines().map(|n| n.trim().parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
    assert!(first > huge.len() && rest == 0, "one line: {counts}");
}

#[test]
fn a_command_gets_the_alert_as_variables_and_as_json() {
    // Every system has its own order of letters otherwise.
    let ran = run("cat; env | grep '^LOADLINE_' | LC_ALL=C sort", LONG);
    let (json, environment) = ran.response.split_once('\n').unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!((&json["type"], &json["host"], &json["test"]), (&"alert".into(), &"here".into(), &false.into()));
    let mut lines: Vec<&str> = environment.lines().collect();
    lines.retain(|line| !line.starts_with("LOADLINE_AT="));
    assert_eq!(
        lines,
        [
            "LOADLINE_ABOVE_PERCENT=80",
            "LOADLINE_FOR_SECONDS=5",
            "LOADLINE_HOST=here",
            "LOADLINE_METRIC=cpu",
            "LOADLINE_PIDS=11 12",
            "LOADLINE_PROCESS=rustc",
            "LOADLINE_TEST=0",
            &format!("LOADLINE_TEXT={}", json["text"].as_str().unwrap()),
            &format!("LOADLINE_TITLE={}", json["title"].as_str().unwrap()),
            "LOADLINE_TYPE=alert",
            "LOADLINE_VALUE_PERCENT=91",
        ]
    );
    let sent: Vec<&str> = ran.sent.lines().collect();
    assert_eq!(sent[0], "/bin/sh -c 'cat; env | grep '\\''^LOADLINE_'\\'' | LC_ALL=C sort'");
    assert_eq!(serde_json::from_str::<serde_json::Value>(sent[1]).unwrap(), json);
}

#[test]
fn names_of_processes_are_never_expanded() {
    let folder = tempfile::tempdir().unwrap();
    let trap = folder.path().join("trap");
    let names = [
        format!("'; touch '{0}'; $(touch '{0}') `touch '{0}'` \" && touch '{0}' #", trap.display()),
        "two\nlines\r\n\tand \u{1b}[31m".to_owned(),
        "* ? ~ $HOME ${PATH} \\n %s !! -n --".to_owned(),
        "x".repeat(10_000),
    ];
    for name in names {
        let ran = run_about(&alert(91.0, &name), "here", &sh("printf '%s' \"$LOADLINE_PROCESS\""), LONG);
        assert_eq!(ran.outcome, Ok(()));
        assert_eq!(ran.response, name);
    }
    // The words of a command are words: no shell sees them.
    let argv = ["/bin/echo", "$HOME", "a;b", "$(id)", "*"].map(String::from);
    assert_eq!(run_about(&alert(91.0, "x"), "here", &argv, LONG).response, "$HOME a;b $(id) *\n");
    assert!(!Path::new(&trap).exists());
}

#[test]
fn the_end_of_loadline_ends_running_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pids");
    let script = format!("sleep 100 & echo $$ $! > '{}'; wait", file.display());
    let groups = Arc::new(ProcessGroups::default());
    let mine = Arc::clone(&groups);
    let about = AttributedLine::now(alert(91.0, "rustc"));
    let late_about = about.clone();
    let running = std::thread::spawn(move || command::run(&sh(&script), LONG, &about, "here", false, &mine, &[]));
    let pids = line_in(&file);
    groups.terminate_all();
    assert_eq!(problem(running.join().unwrap()), "'/bin/sh' was ended by signal 15");
    for pid in pids.split(' ') {
        wait_for("the end of the group", SOON, || (!is_alive(pid)).then_some(()));
    }
    let late = command::run(&sh("true"), LONG, &late_about, "here", false, &groups, &[]);
    assert!(problem(late).contains("Loadline is ending"));
}

#[test]
fn a_flood_of_output_is_read_at_a_walk() {
    let flood = run("yes", SHORT);
    assert!(flood.response.len() < 100_000, "{} bytes are kept", flood.response.len());
    let (_, said) = flood.response.rsplit_once("it said ").unwrap();
    let bytes: u64 = said.trim_end_matches(" bytes)").parse().unwrap();
    // A pipe carries gigabytes a second.
    assert!(bytes < 50_000_000, "{bytes} bytes were read");
    assert_eq!(problem(flood), "'/bin/sh' had not ended after 1 s and was ended");
    // All of it is read of a program that has an end.
    let long = run("head -c 3000000 /dev/zero", LONG);
    assert_eq!(long.outcome, Ok(()));
    assert!(long.response.ends_with("(cut here: it said 3000000 bytes)"));
}

#[test]
fn a_command_learns_whose_processes_are_named() {
    let own = rustix::process::geteuid().as_raw();
    let about = |pids: &[u32]| {
        let top_apps = Some([events::app("nginx", pids, 1 << 30)].into());
        let event = OutputEvent::Alert(AlertEvent { top_apps, ..events::alert(Metric::Cpu, 91.0) });
        let line = OutputLine { event, ..alert(91.0, "x") };
        let ran = run_about(&line, "here", &sh("cat; echo \"uids=${LOADLINE_UIDS-unset}\""), LONG);
        let (json, uids) = ran.response.split_once("\nuids=").unwrap();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        (json["uids"].clone(), uids.trim().to_owned())
    };
    assert_eq!(about(&[std::process::id()]), (serde_json::json!([own]), own.to_string()));
    // The first process is root's.
    let both: BTreeSet<u32> = [0, own].into();
    let both: Vec<u32> = both.into_iter().collect();
    let text: Vec<String> = both.iter().map(ToString::to_string).collect();
    assert_eq!(about(&[std::process::id(), 1]), (serde_json::json!(both), text.join(",")));
    // One that has ended may have been anybody's.
    let ended = Command::new("true").spawn().unwrap();
    let pid = ended.id();
    ended.wait_with_output().unwrap();
    for pids in [&[std::process::id(), pid][..], &[]] {
        assert_eq!(about(pids), (serde_json::Value::Null, "unset".to_owned()), "{pids:?}");
    }
}
