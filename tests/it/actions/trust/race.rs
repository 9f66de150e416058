//! Another user exchanges the settings file and the links to it as fast as that goes, while Loadline reads and acts.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use loadline::core::settings::action::{Action, ActionKind};
use loadline::runtime::inbox::Input;
use loadline::runtime::settings_store::{Change, Store};

use super::super::{Runner, exchange_with};
use super::{Shelf, other_user, set_mode};
use crate::wait::SOON;

/// The race goes on for so long.
const RACE: Duration = Duration::from_secs(21);

/// Puts a link to the good file, a link to his own one, his own file and a named pipe in the place of the entry, in turns, and
/// prints how often once stdin is closed.
const EXCHANGE: &str = "
import os, sys, threading
user, folder, name, good, evil, content = int(sys.argv[1]), *sys.argv[2:]
os.setgroups([]); os.setgid(user); os.setuid(user); os.umask(0)
os.chdir(folder)
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
def copy(to):
    with open(to, 'w') as file: file.write(content)
copy(evil)
turns = [lambda new: os.symlink(good, new), lambda new: os.symlink(evil, new), copy, os.mkfifo]
count = 0
while not ended.is_set():
    turns[count % len(turns)]('new')
    os.rename('new', name)
    count += 1
print(count)
";

/// The other user at work on one entry.
struct Exchanger(Child);

impl Exchanger {
    fn start(user: u32, entry: &Path, good: &Path, evil: &Path, content: &str) -> Exchanger {
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-I", "-c", EXCHANGE, &user.to_string()]);
        python.arg(entry.parent().unwrap()).arg(entry.file_name().unwrap()).args([good, evil]).arg(content);
        Exchanger(python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Ends it, and returns how often it has exchanged the entry.
    fn end(mut self) -> u64 {
        drop(self.0.stdin.take());
        let output = self.0.wait_with_output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    }
}

/// Settings whose actions call an address and leave a file, both with this word in their names.
fn settings(word: &str, folder: &Path) -> String {
    let touch = format!("echo x > '{}'", folder.join(format!("{word}-ran")).display());
    serde_json::json!({ "actions": [
        { "name": "command", "command": ["/bin/sh", "-c", touch], "at_most_every": "0s" },
        { "name": "hook", "webhook": format!("https://{word}.example.org/${{TOKEN}}") },
    ] })
    .to_string()
}

/// A store, the actions that it leads to, and the addresses that were called.
struct Reader {
    store: Store,
    runner: Runner,
    called: Arc<Mutex<Vec<String>>>,
    reads: u64,
}

impl Reader {
    fn new(path: PathBuf, state: &Path) -> Reader {
        let called = Arc::new(Mutex::new(Vec::new()));
        let calls = Arc::clone(&called);
        let deliver = move |action: &Action, _: &_| {
            if let ActionKind::Webhook { url, .. } = &action.kind {
                calls.lock().unwrap().push(url.clone());
            }
            exchange_with(Ok(()))
        };
        let runner = Runner::of(Some(path.clone()), state, deliver);
        Reader { store: Store::with_notes(path, Some(state)), runner, called, reads: 0 }
    }

    /// Reads the file and asks for whatever it says to be done, as the program does.
    fn round(&mut self) {
        if let Some(Change::Settings(settings)) = self.store.poll_changes() {
            self.reads += 1;
            self.runner.actions.take_settings(&settings.actions);
            for action in &settings.actions {
                self.runner.actions.request(super::super::request(action, 91));
            }
        }
        while self.runner.inbox.poll().is_some() {}
    }
}

/// The entries that the other user exchanges, and the files of the two.
struct Field {
    shelf: Shelf,
    good: PathBuf,
    evil: String,
}

impl Field {
    fn new() -> Field {
        let shelf = Shelf::new();
        let results = shelf.folder("results", 0o777);
        shelf.folder("mine", 0o755);
        shelf.folder("state", 0o700);
        let good = shelf.file("mine/good.json", &settings("good", &results), 0o644);
        let evil = settings("evil", &results);
        Field { shelf, good, evil }
    }

    fn exchange(&self, user: u32, folder: &str, mode: u32) -> (PathBuf, Exchanger) {
        let folder = self.shelf.folder(folder, mode);
        let entry = folder.join("settings.json");
        (entry.clone(), Exchanger::start(user, &entry, &self.good, &folder.join("evil.json"), &self.evil))
    }
}

#[test]
fn nothing_of_another_is_done_however_fast_files_and_links_are_exchanged() {
    let Some(user) = other_user() else { return };
    let field = Field::new();
    let state = field.shelf.path("state");
    let (sticky, first) = field.exchange(user, "sticky", 0o1777);
    let (open, second) = field.exchange(user, "open", 0o777);
    // By a link of our own, in a folder of our own.
    let link = field.shelf.path("mine/settings.json");
    symlink(&open, &link).unwrap();
    let readers = [&sticky, &open, &link].map(|path| Reader::new(path.clone(), &state));
    // A named pipe may stop a reader for ever: the test waits within limits.
    let (send, done) = sync_channel(1);
    std::thread::spawn(move || {
        let (deadline, mut readers) = (Instant::now() + RACE, readers);
        while Instant::now() < deadline {
            readers.iter_mut().for_each(Reader::round);
        }
        let _ = send.send(readers);
    });
    let readers = done.recv_timeout(RACE + SOON).expect("the reading has stopped");
    let exchanges = [first, second].map(Exchanger::end);
    assert!(exchanges.iter().all(|count| *count > 1_000), "no race: {exchanges:?}");
    let reads: u64 = readers.iter().map(|reader| reader.reads).sum();
    assert!(reads > 0, "no settings of his were ever read, so that none could be refused");
    eprintln!("{exchanges:?} exchanges, {reads} reads");
    for Reader { runner, called, .. } in readers {
        // Everything that was begun comes to its end.
        let _: Vec<Input> = runner.end();
        assert_eq!(*called.lock().unwrap(), Vec::<String>::new(), "a variable was sent");
    }
    let ran = |word: &str| field.shelf.path(&format!("results/{word}-ran")).exists();
    assert!(!ran("evil") && !ran("good"), "a command was run");

    // The same file by a way that nobody else can change is trusted.
    let mut reader = Reader::new(field.good.clone(), &state);
    reader.round();
    let Reader { runner, called, .. } = reader;
    runner.end();
    assert!(ran("good") && called.lock().unwrap().len() == 1);
}

#[test]
fn a_descriptor_that_was_opened_before_gives_no_say() {
    let shelf = Shelf::new();
    let path = shelf.file("settings.json", &super::settings_with("true"), 0o666);
    let mut held = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut store = Store::new(path.clone());
    assert!(!super::is_trusted(&mut store));
    set_mode(&path, 0o600);
    let changed = store.poll_changes();
    let Some(Change::Settings(settings)) = changed else { panic!("{changed:?}") };
    assert!(!super::are_trusted(&settings), "the mode alone");
    held.write_all(super::settings_with("evil").as_bytes()).unwrap();
    let changed = store.poll_changes();
    let Some(Change::Settings(settings)) = changed else { panic!("{changed:?}") };
    assert!(!super::are_trusted(&settings));
}
