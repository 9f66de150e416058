//! The users whose processes an alert names are those at the time of the request, however long the command waits.

use std::process::Command;

use loadline::core::alerts::event::AlertEvent;
use loadline::core::messages::effect::ActionRequest;
use loadline::core::messages::output_line::OutputEvent;
use loadline::core::metrics::metric::Metric;

use super::{Runner, line_in, recorded_delivery, request, shell};
use crate::support::events;

#[test]
fn a_queued_command_learns_whose_processes_were_named_when_it_was_requested() {
    let folder = tempfile::tempdir().unwrap();
    let [go, begun, log] = ["go", "begun", "log"].map(|name| folder.path().join(name));
    let script = format!(
        "echo x > '{}'; until [ -e '{}' ]; do sleep 0.05; done; echo \"${{LOADLINE_UIDS-unset}}\" >> '{}'",
        begun.display(),
        go.display(),
        log.display()
    );
    let action = shell("log", &script);
    let (_delivered, deliver) = recorded_delivery();
    let runner = Runner::new(&folder.path().join("state"), deliver);
    let mut named = Command::new("sleep").arg("1000").spawn().unwrap();
    let about = |pid: u32| {
        let top_apps = Some([events::app("sleep", &[pid], 1 << 30)].into());
        let event = OutputEvent::Alert(AlertEvent { top_apps, ..events::alert(Metric::Cpu, 91.0) });
        let mut asked: ActionRequest = request(&action, 91);
        asked.line.event = event;
        asked
    };
    (0..2).for_each(|_| runner.actions.request(about(named.id())));
    line_in(&begun);
    // The second run waits for the first, and its process ends meanwhile: another may have its number by then.
    named.kill().unwrap();
    named.wait().unwrap();
    runner.actions.request(about(named.id()));
    std::fs::write(&go, "").unwrap();
    (0..3).for_each(|_| assert_eq!(runner.outcome("log"), Ok(())));
    let own = rustix::process::geteuid().as_raw();
    assert_eq!(std::fs::read_to_string(log).unwrap(), format!("{own}\n{own}\nunset\n"));
}
