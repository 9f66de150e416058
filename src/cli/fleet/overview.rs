//! `fleet`: the machines that a Prometheus knows, once or live.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use crate::cli::args::FleetArgs;
use crate::cli::usage_error::UsageError;
use crate::core::escape::for_terminal;
use crate::core::fleet::overview::machines::FleetList;
use crate::core::fleet::overview::query::{LAST_DAY, NOW, ServerUrl};
use crate::core::json;
use crate::core::text::fleet::asking as text;
use crate::core::text::fleet::overview::{lines, not_of_now};
use crate::runtime::clock;
use crate::runtime::console::screen::LiveTable;
use crate::runtime::console::{self, Form};
use crate::runtime::fleet::prometheus::PrometheusClient;

/// The pause between two queries: as long as the interval at which the shipped `prometheus.yml` collects.
const PAUSE: Duration = Duration::from_secs(15);

/// Prints the machines that the server knows, once, or until the program is stopped. A problem ends only the first query.
pub fn run(form: Form, wanted: &FleetArgs) -> Result<()> {
    let server = client(wanted)?;
    let mut list = FleetList::default();
    let last_day = server.ask(LAST_DAY).map_err(|problem| anyhow!(problem))?;
    let now = server.ask(NOW).map_err(|problem| anyhow!(problem))?;
    list.add_last_readings(&last_day.series);
    list.update(&now.series);
    let partial = |is_partial: bool| is_partial.then(|| text::partial(server.url.name()));
    let mut problem = partial(last_day.is_partial || now.is_partial);
    if list.is_empty() {
        bail!(text::no_machines(server.url.name()));
    }
    let mut printer = Printer { server: server.url.name().to_owned(), form, live: None, printed: FleetList::default() };
    if wanted.watch {
        printer.live = Some(LiveTable::on_stdout());
    }
    if let Some(problem) = problem.as_ref().filter(|_| !printer.is_in_place()) {
        console::warn(problem);
    }
    if !wanted.watch {
        return printer.print(&list, None);
    }
    loop {
        printer.print(&list, problem.as_deref())?;
        clock::wait_for(PAUSE);
        let before = problem.take();
        match server.ask(NOW) {
            Ok(values) => {
                list.update(&values.series);
                problem = partial(values.is_partial);
            }
            Err(new) if printer.is_in_place() => problem = Some(not_of_now(&new)),
            Err(new) => problem = Some(new),
        }
        if let Some(new) = problem.as_ref().filter(|new| before.as_ref() != Some(new) && !printer.is_in_place()) {
            console::warn(new);
        }
    }
}

fn client(wanted: &FleetArgs) -> Result<PrometheusClient> {
    let from = &wanted.from;
    let url = ServerUrl::parse(from).map_err(|reason| UsageError(format!("'--from {from}' {reason}")))?;
    let header = |given: &String| {
        let (name, value) = given.split_once(':').ok_or_else(|| UsageError(text::bad_header(given)))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    let headers: Result<Vec<(String, String)>, UsageError> = wanted.header.iter().map(header).collect();
    Ok(PrometheusClient { url, headers: headers? })
}

/// The form in which the machines are printed.
struct Printer {
    server: String,
    form: Form,
    /// `None` where they are printed once.
    live: Option<LiveTable>,
    /// The machines as they were printed as JSON.
    printed: FleetList,
}

impl Printer {
    /// Whether a problem is shown among the rows.
    fn is_in_place(&self) -> bool {
        self.form == Form::Text && self.live.as_ref().is_some_and(LiveTable::is_terminal)
    }

    /// Prints what has changed since the last time.
    fn print(&mut self, list: &FleetList, problem: Option<&str>) -> Result<()> {
        let now = clock::now().wall;
        if self.form == Form::Json {
            let changed = list.rows_changed_since(&self.printed);
            let lines: Vec<String> = changed.iter().map(|machine| json::fleet::machine_line(machine, &now)).collect();
            self.printed = list.clone();
            return if lines.is_empty() { Ok(()) } else { Ok(console::print_text(&lines.join("\n"))?) };
        }
        let problem = problem.filter(|_| self.is_in_place());
        let rows = lines(&self.server, &list.rows(), problem, &now);
        let lines: Vec<String> = rows.iter().map(|line| for_terminal(line).into_owned()).collect();
        match &mut self.live {
            Some(live) => Ok(live.show(&lines)?),
            None => Ok(console::print_text(&lines.join("\n"))?),
        }
    }
}
