//! `help`: the pages of the manual, and the help of a command.

use anyhow::Result;
use clap::builder::StyledStr;

use super::usage_error::UsageError;
use crate::core::text;
use crate::runtime::console::{self, color};

/// The end of the program's own help.
pub const EPILOGUE: &str = "\
Without a command Loadline runs in the menu bar; where there is no desktop, it runs as 'watch' does.
Durations are written 500ms, 5s, 1m30s, 1h; percentages 80 or 80%.
Exit status: 0 done, 1 failed while running, 2 the command line or an input file was wrong.

Manual: 'loadline help TOPIC' prints one of these pages.
  actions    Commands and webhooks that an alert triggers
  alerts     When Loadline alerts, and what keeps it quiet
  building   Where it runs, how to build, install, test and remove it
  costs      The CPU time and memory that it takes itself
  fleet      Many machines: Prometheus, Alertmanager, Grafana, loadline fleet
  history    What it records, and the thresholds that fit it
  json       The lines that --json prints, and recorded traces
  readings   What the percentages count, and when a value is unknown
  settings   The settings file, the menu, the command line
  trust      Who may do what with which file, and what is promised";

/// The pages of the manual: topic and text.
pub const PAGES: [(&str, &str); 10] = [
    ("actions", include_str!("../../resources/manual/actions.md")),
    ("alerts", include_str!("../../resources/manual/alerts.md")),
    ("building", include_str!("../../resources/manual/building.md")),
    ("costs", include_str!("../../resources/manual/costs.md")),
    ("fleet", include_str!("../../resources/manual/fleet.md")),
    ("history", include_str!("../../resources/manual/history.md")),
    ("json", include_str!("../../resources/manual/json.md")),
    ("readings", include_str!("../../resources/manual/readings.md")),
    ("settings", include_str!("../../resources/manual/settings.md")),
    ("trust", include_str!("../../resources/manual/trust.md")),
];

/// Prints the page that `words` name, or the help of the command that they name; without words, the help of Loadline.
/// `history` and `actions` are both: the page is printed, and `loadline history --help` prints the other.
pub fn run(mut command: clap::Command, words: &[String]) -> Result<()> {
    let page = PAGES.iter().find(|(topic, _)| words == [*topic]).map(|(_, page)| (*page).to_owned());
    let help = page.or_else(|| command_help(&mut command, words));
    let help = help.ok_or_else(|| UsageError(text::problems::no_help(words.join(" "))))?;
    Ok(console::print_text(help.trim_end())?)
}

/// The same text as that of `--help` behind the command.
fn command_help(command: &mut clap::Command, words: &[String]) -> Option<String> {
    words.iter().try_fold(&*command, |command, word| command.find_subcommand(word))?;
    let arguments = ["loadline"].into_iter().chain(words.iter().map(String::as_str)).chain(["--help"]);
    let help = command.try_get_matches_from_mut(arguments).err()?;
    Some(render(&help.render()))
}

/// clap's text as stdout takes it: coloured on a terminal, plain elsewhere.
pub fn render(text: &StyledStr) -> String {
    if color::is_wanted_on_stdout() { text.ansi().to_string() } else { text.to_string() }
}
