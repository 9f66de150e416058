//! A real browser without a screen: Chromium, by the WebDriver protocol of its chromedriver.
//!
//! Source: W3C WebDriver (the paths), ChromeDriver's documentation (`goog:loggingPrefs`, `goog/cdp/execute`).

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};

use crate::process::Program;
use crate::wait::{SOON, wait_for};

/// For what has no screen, is nobody's own and goes nowhere.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A browser with one window, ended with everything it started when it goes out of scope.
pub struct Browser {
    agent: ureq::Agent,
    session: String,
    driver: Program,
    folder: tempfile::TempDir,
}

impl Browser {
    pub fn start() -> Browser {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_there = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
        let all_there = ["chromium", "chromedriver"].into_iter().all(is_there);
        assert!(all_there, "there is no chromium or no chromedriver: run ./bundle/system-packages browser");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").process_group(0).env("HOME", folder.path());
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "DISPLAY"] {
            command.env_remove(variable);
        }
        let driver = Program::start(command);
        let line = driver.wait_out("started successfully on port");
        let port = line.trim_end_matches('.').rsplit(' ').next().unwrap().to_owned();
        let config = ureq::Agent::config_builder().proxy(None).http_status_as_error(false);
        let agent = ureq::Agent::new_with_config(config.timeout_global(Some(3 * SOON)).build());
        let mut browser = Browser { agent, session: format!("http://127.0.0.1:{port}/session"), driver, folder };
        let profile = format!("--user-data-dir={}", browser.folder.path().join("profile").display());
        let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([profile.as_str(), "--window-size=1200,900"]).collect();
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let made = browser.post("", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.session = format!("{}/{}", browser.session, made["sessionId"].as_str().unwrap());
        browser
    }

    /// With a page of ours open, 1200 pixels wide, light.
    pub fn at(page: &Path) -> Browser {
        let browser = Browser::start();
        browser.wear("light");
        browser.open(page);
        browser
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = self.agent.post(&url).content_type("application/json").send(body.to_string()).unwrap();
        let text = answer.into_body().into_with_config().limit(1 << 30).read_to_string().unwrap();
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer["value"]["error"].is_null(), "{path}: {answer:#}");
        answer["value"].take()
    }

    #[track_caller]
    pub fn open(&self, page: &Path) {
        self.post("/url", &json!({ "url": format!("file://{}", page.display()) }));
    }

    /// The value that a script returns.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The value that a script passes to its last argument.
    #[track_caller]
    pub fn run_async(&self, script: &str) -> Value {
        self.post("/timeouts", &json!({ "script": 3000 * SOON.as_secs() }));
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    #[track_caller]
    pub fn number(&self, expression: &str) -> f64 {
        let found = self.run(&format!("return {expression}"));
        found.as_f64().unwrap_or_else(|| panic!("{expression} is {found}"))
    }

    #[track_caller]
    pub fn text(&self, expression: &str) -> String {
        let found = self.run(&format!("return {expression}"));
        found.as_str().unwrap_or_else(|| panic!("{expression} is {found}")).to_owned()
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub fn tools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// `light` or `dark`.
    pub fn wear(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tools("Emulation.setEmulatedMedia", &features);
    }

    /// The window's inside, pixels.
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tools("Emulation.setDeviceMetricsOverride", &size);
        wait_for("the page to be drawn anew", SOON, || {
            let drawn = self.text("document.getElementById('axis').getAttribute('viewBox')");
            let width: f64 = drawn.split(' ').nth(2)?.parse().ok()?;
            (width - self.number("document.getElementById('axis').clientWidth")).abs().lt(&1.0).then_some(())
        });
    }

    /// Clicks in the middle of the first element that `selector` finds, as a mouse does.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Presses keys one after the other, where the focus is. Those without a letter are as WebDriver has them.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        let actions =
            keys.iter().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let actions: Vec<Value> = actions.collect();
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] }));
    }

    /// Moves the mouse through these points of the window; pressed from the first to the last if it `drags`.
    #[track_caller]
    pub fn mouse(&self, points: &[(f64, f64)], drags: bool) {
        let step = |&(x, y): &(f64, f64)| {
            let (x, y) = (x.round() as i64, y.round() as i64);
            json!({ "type": "pointerMove", "duration": 0, "x": x, "y": y })
        };
        let mut actions: Vec<Value> = points.iter().map(step).collect();
        if drags {
            actions.insert(1, json!({ "type": "pointerDown", "button": 0 }));
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        self.hand(&actions);
    }

    /// WebDriver's actions of the mouse. A button that is pressed in the end stays pressed.
    #[track_caller]
    pub fn hand(&self, actions: &[Value]) {
        self.post("/actions", &json!({ "actions": [{ "type": "pointer", "id": "mouse", "actions": actions }] }));
    }

    /// The entries of a log of the browser (`browser` or `performance`) since it was last read.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        self.post("/se/log", &json!({ "type": kind })).as_array().unwrap().clone()
    }

    /// A picture of the whole page, for people, in `target/tmp`.
    pub fn picture(&self, name: &str) -> PathBuf {
        let picture = self.tools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        self.keep(name, picture["data"].as_str().unwrap())
    }

    /// The page as it is printed.
    pub fn print(&self, name: &str) -> PathBuf {
        let printed = self.tools("Page.printToPDF", &json!({ "printBackground": true }));
        self.keep(name, printed["data"].as_str().unwrap())
    }

    fn keep(&self, name: &str, base64: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let encoded = self.folder.path().join(name);
        fs::write(&encoded, base64).unwrap();
        let decode = format!("base64 -d < '{}' > '{}'", encoded.display(), path.display());
        assert!(Command::new("/bin/sh").args(["-c", &decode]).status().unwrap().success());
        path
    }

    /// The processes of this browser: its folder is in their command line.
    fn processes(&self) -> Vec<String> {
        let folder = self.folder.path().as_os_str().as_encoded_bytes().to_vec();
        let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        let ours = entries.filter(|entry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            line.windows(folder.len()).any(|part| part == folder)
        });
        ours.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked first; whatever is left is ended by its number.
        let _ = self.agent.delete(&self.session).call();
        self.driver.try_signal("TERM");
        for process in self.processes() {
            let _ = Command::new("kill").args(["-s", "KILL", &process]).status();
        }
        if !thread::panicking() {
            wait_for("the browser's end", SOON, || self.processes().is_empty().then_some(()));
        }
    }
}
