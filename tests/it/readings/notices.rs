//! A value that has been unknown for a minute is said once, and once when it is back: as JSON and on the console of `--quiet`.

use std::time::Duration;

use super::failing::Failing;
use super::{Counters, meminfo_text};
use crate::process::Program;
use crate::program::Home;
use crate::support::fake_proc::FakeProc;
use crate::wait::{SOON, wait_for};

/// More than the minute after which it is said.
const MINUTES: Duration = Duration::from_secs(100);

#[test]
fn values_unknown_for_a_minute_are_said_once_and_so_is_their_return() {
    let settings = r#"{"history": false, "alerts": {"memory":
        {"signal": "both", "swap_growth": {"above_mb": 1000, "within": "10m"}}}}"#;
    let homes = [(); 2].map(|()| Home::new().with_settings(settings));
    let failing = Failing::new(&homes[0]);
    let broken = meminfo_text(&[("SwapTotal", Some(1_048_576)), ("SwapFree", Some(1_048_580))]);
    let mut counters = Counters::new();
    let Some(fake) = FakeProc::new("", &broken) else { return };
    failing.set("open 13 /proc/pressure/memory");
    let start = |home: &Home, options: &[&str]| {
        let arguments = [&["watch", "--every", "250ms", "--after", "0s"], options].concat();
        let mut command = fake.wrap(&home.loadline(&arguments));
        failing.add_to(&mut command);
        Program::start(command)
    };
    let [json, quiet] = [start(&homes[0], &["--json"]), start(&homes[1], &["--quiet"])];
    let failed = [
        "CPU readings have failed for a minute, so no alert can fire ('loadline doctor' says why)",
        "swap readings have failed for a minute, so swap makes no alert ('loadline doctor' says why)",
        "memory pressure readings have failed for a minute, so pressure makes no alert ('loadline doctor' says why)",
    ];
    let back = ["CPU readings are back", "swap readings are back", "memory pressure readings are back"];
    let said = |program: &Program, text: &str| [program.out_with(text), program.err_with(text)].concat();
    for text in failed {
        for program in [&json, &quiet] {
            wait_for(text, MINUTES, || said(program, text).pop());
        }
    }
    fake.set_meminfo(&meminfo_text(&[]));
    failing.set("");
    for text in back {
        for program in [&json, &quiet] {
            wait_for(text, SOON, || {
                fake.set_stat(&counters.next());
                said(program, text).pop()
            });
        }
    }
    for text in failed.into_iter().chain(back) {
        assert_eq!(said(&quiet, text).len(), 1, "{text}");
        let notice = said(&json, text);
        let notices = notice.iter().filter(|line| line.contains(r#""type":"notice""#)).count();
        assert_eq!(notices, 1, "{notice:?}");
    }
    for program in [&json, &quiet] {
        assert_eq!([program.out_with("ALERT"), program.out_with("\"alert\"")].concat(), [""; 0]);
    }
}
