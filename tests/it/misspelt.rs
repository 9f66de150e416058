//! A slip in the settings costs its own part, and every command that reads them names it.

use serde_json::json;

use crate::program::Home;

#[test]
fn each_command_that_reads_the_settings_names_a_misspelt_key() {
    let home = Home::new().with_settings(r#"{"alerts": {"cpu": {"above": 50}}}"#);
    let trace = home.file("trace.csv", "time,cpu\n0,10\n60,20\n");
    let replay = ["replay", trace.to_str().unwrap()];
    for arguments in [&replay[..], &["advise"], &["report"], &["metrics"], &["metrics", "test"]] {
        let said = home.run(arguments).stderr;
        let named = said.matches("in the settings: unknown key 'above', did you mean 'above_percent'?").count();
        assert_eq!(named, 1, "{arguments:?}: {said}");
    }
}

#[test]
fn a_slip_in_an_address_costs_that_address_alone() {
    let slip = "https://prometheus.example.com:99999/s3cret";
    for (mut settings, named) in [
        (json!({ "metrics": { "push": { "url": slip } } }), "'metrics.push.url'"),
        (json!({ "metrics": { "listen": "127.0.0.1:99999" } }), "'metrics.listen'"),
        (json!({ "updates_from": "https://example.com:99999/s3cret" }), "'updates_from'"),
        (json!({ "actions": [{ "name": "a", "webhook": slip }] }), "'actions[0].webhook'"),
    ] {
        settings["alerts"] = json!({ "cpu": { "above_percent": 30 } });
        settings["refresh"] = json!("7s");
        let home = Home::new().with_settings(settings.to_string());
        let trace = home.file("trace.csv", "time,cpu\n0,40\n5,40\n10,40\n");
        let ran = home.run(&["replay", trace.to_str().unwrap()]);
        assert_eq!(ran.status, Some(0), "{ran:?}");
        assert!(ran.stdout.contains("ALERT") && ran.stdout.contains("30%"), "the threshold holds: {ran:?}");
        let said: Vec<&str> = ran.stderr.lines().filter(|line| line.contains("in the settings: ")).collect();
        assert!(matches!(said[..], [line] if line.contains(named)), "{ran:?}");
    }
}
