//! Writes the manual page and the completions for bash, zsh and fish into a folder: `packaging-docs FOLDER`.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use loadline::cli::{args, help};

const NAME: &str = "loadline";

/// Entries of a section: a term and its explanation.
type Entries = &'static [(&'static str, &'static str)];

const FILES: Entries = &[
    ("~/.config/loadline/settings.json", "The settings; in $XDG_CONFIG_HOME where that is set."),
    ("~/.local/share/loadline/history.sqlite3", "The history; in $XDG_DATA_HOME where that is set."),
    ("~/.local/share/loadline/report.html", "The page that 'loadline report' writes."),
    (
        "~/.local/state/loadline/actions.json",
        "The state of the actions, with undelivered messages; in $XDG_STATE_HOME where that is set.",
    ),
    ("~/.config/autostart/dev.loadline.Loadline.desktop", "Starts Loadline at login."),
    ("$XDG_RUNTIME_DIR/dev.loadline.Loadline.lock", "Held by the Loadline that has the tray item."),
    (
        "~/Library/Application Support/Loadline",
        "On macOS, the folder of the settings, the history and the state of the actions.",
    ),
    ("~/Library/LaunchAgents/dev.loadline.Loadline.plist", "On macOS, starts a bare program at login."),
];

const ENVIRONMENT: Entries = &[
    ("LOADLINE_SETTINGS", "The settings file. --settings goes before it."),
    ("LOADLINE_HISTORY", "The file of the history."),
    ("NO_COLOR", "If set to anything, output on a terminal has no colours."),
    ("CLICOLOR", "If 0, output on a terminal has no colours."),
    ("CLICOLOR_FORCE", "If set to anything but 0, output has colours in a pipe, too."),
    ("https_proxy, all_proxy", "The proxy of webhooks."),
    ("no_proxy", "The hosts that webhooks reach without the proxy."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR", "The folders of the files above, on Linux."),
    ("DISPLAY, WAYLAND_DISPLAY", "The desktop. Without one, Loadline runs as 'loadline watch' does."),
    ("DBUS_SESSION_BUS_ADDRESS", "The D-Bus session that notifications go by, on Linux."),
];

const EXIT_STATUS: Entries = &[
    ("0", "Done."),
    ("1", "Failed while running; of 'loadline doctor': something is broken."),
    ("2", "The command line or an input file was wrong."),
];

// The tests call `write_all`.
#[allow(dead_code)]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("give the folder to write to")?);
    Ok(write_all(&folder)?)
}

/// Writes `loadline.1`, `loadline.bash`, `_loadline` and `loadline.fish`.
pub fn write_all(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    write_man_page(&folder.join(format!("{NAME}.1")))?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut with_topics(args::command()), NAME, folder)?;
    }
    Ok(())
}

/// The command line, with the pages and the commands as values of `help`.
fn with_topics(command: Command) -> Command {
    let names = command.get_subcommands().map(|command| command.get_name().to_owned());
    // clap takes names that live for ever, unless it is built to take others.
    let mut words: Vec<&'static str> = names.map(|name| &*name.leak()).collect();
    words.extend(help::PAGES.map(|(topic, _)| topic));
    words.sort();
    words.dedup();
    let values = PossibleValuesParser::new(words);
    command.mut_subcommand("help", |help| help.mut_arg("words", |words| words.value_parser(values)))
}

fn write_man_page(path: &Path) -> io::Result<()> {
    let command = args::command();
    let version = command.get_version().unwrap_or_default();
    let man = Man::new(command.clone()).source(format!("{NAME} {version}")).manual("User Commands");
    // Without a date, so that the same source gives the same page; groff wants the argument all the same.
    let man = man.date("\"\"");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    let mut synopsis = Roff::new();
    synopsis.control("SH", ["SYNOPSIS"]).text([bold(NAME), roman(" [OPTIONS] [COMMAND]")]);
    synopsis.control("SH", ["DESCRIPTION"]);
    for sentence in help::EPILOGUE.lines().take(2) {
        synopsis.text([roman(sentence)]);
    }
    synopsis.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    Roff::new().control("SH", ["COMMANDS"]).to_writer(&mut page)?;
    for subcommand in command.get_subcommands() {
        write_command(&mut page, NAME, subcommand)?;
    }
    write_entries(&mut page, "FILES", FILES)?;
    write_entries(&mut page, "ENVIRONMENT", ENVIRONMENT)?;
    write_entries(&mut page, "EXIT STATUS", EXIT_STATUS)?;
    let mut pages = Roff::new();
    pages.control("SH", ["SEE ALSO"]).text([roman("The manual, printed by "), bold("loadline help "), roman("TOPIC:")]);
    pages.text([roman(help::PAGES.map(|(topic, _)| topic).join(", ") + ".")]);
    pages.to_writer(&mut page)?;
    fs::write(path, page)
}

/// Writes a command with its own options; those of every command stand in OPTIONS.
fn write_command(page: &mut Vec<u8>, parent: &str, command: &Command) -> io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        return command.get_subcommands().try_for_each(|subcommand| write_command(page, &name, subcommand));
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command.clone().bin_name(name).disable_help_flag(true));
    let mut synopsis = Vec::new();
    man.render_synopsis_section(&mut synopsis)?;
    // A section of its own in clap_mangen, a part of one here.
    let synopsis = String::from_utf8_lossy(&synopsis).replace(".SH SYNOPSIS", ".TP");
    page.write_all(synopsis.as_bytes())?;
    Roff::new().text([roman(about + ".")]).to_writer(page)?;
    if command.get_arguments().next().is_some() {
        let mut options = Vec::new();
        man.render_options_section(&mut options)?;
        let options = String::from_utf8_lossy(&options).replace(".SH OPTIONS", ".RS") + ".RE\n";
        page.write_all(options.as_bytes())?;
    }
    Ok(())
}

fn write_entries(page: &mut Vec<u8>, title: &str, entries: Entries) -> io::Result<()> {
    let mut section = Roff::new();
    section.control("SH", [title]);
    for (term, text) in entries {
        section.control("TP", []).text([bold(*term)]).text([roman(*text)]);
    }
    section.to_writer(page)
}
