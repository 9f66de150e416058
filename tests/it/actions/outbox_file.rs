//! The outbox file may be damaged, newer or unwritable: no foreign file is overwritten, and every action runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Runner, recorded_delivery, request, webhook};

/// The files in `folder` that were put aside.
fn aside(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.display().to_string().contains("actions.json.bad-")).collect()
}

#[test]
fn an_unusable_file_is_put_aside_whole_and_reported_once() {
    for text in ["", "{\"version\": 1, \"acti", "[]", r#"{"version": 2, "boxes": []}"#, "\u{0}\u{1}"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("actions.json"), text).unwrap();
        let (delivered, deliver) = recorded_delivery();
        let runner = Runner::new(folder.path(), deliver);
        runner.actions.request(request(&webhook("team"), 91));
        let problem = runner.outcome("team").unwrap_err();
        let file = folder.path().join("actions.json");
        assert!(problem.starts_with(&format!("could not use '{}': ", file.display())), "{problem}");
        assert_eq!(runner.outcome("team"), Ok(()));
        assert_eq!(runner.end(), [], "{text:?}");
        assert_eq!(*delivered.lock().unwrap(), [91]);
        let aside = aside(folder.path());
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert!(problem.contains(&aside[0].display().to_string()), "{problem}");
        assert_eq!(fs::read_to_string(&aside[0]).unwrap(), text);
    }
}

#[test]
fn two_unusable_files_in_one_second_are_both_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["first", "second", "third"] {
        fs::write(folder.path().join("actions.json"), text).unwrap();
        let runner = Runner::new(folder.path(), recorded_delivery().1);
        runner.actions.request(request(&webhook("team"), 91));
        runner.outcome("team").unwrap_err();
        runner.end();
    }
    let mut texts: Vec<String> = aside(folder.path()).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    texts.sort();
    assert_eq!(texts, ["first", "second", "third"]);
}

#[test]
fn a_folder_in_the_place_of_the_file_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("actions.json")).unwrap();
    let runner = Runner::new(folder.path(), recorded_delivery().1);
    runner.actions.request(request(&webhook("team"), 91));
    assert!(runner.outcome("team").unwrap_err().contains("it is not a file of ours"));
    assert_eq!(runner.outcome("team"), Ok(()));
    assert_eq!(runner.end(), []);
    assert!(aside(folder.path())[0].is_dir() && folder.path().join("actions.json").is_file());
}

#[test]
fn an_unwritable_file_is_reported_once_and_stops_no_action() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("state");
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(&folder, deliver);
    let team = webhook("team");
    runner.actions.request(request(&team, 91));
    assert_eq!(runner.outcome("team"), Ok(()));
    // No folder can be made where a file is, not even by root.
    wait_until_stored(&folder);
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    runner.actions.request(request(&team, 92));
    let problem = runner.outcome("team").unwrap_err();
    let file = folder.join("actions.json");
    assert!(problem.starts_with(&format!("could not write '{}': ", file.display())), "{problem}");
    runner.actions.request(request(&team, 93));
    (0..2).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91, 92, 93]);
}

/// Until the delivery of the first message is on disk, so that nothing is written any more.
fn wait_until_stored(folder: &Path) {
    crate::wait::wait_for("the outcome on disk", crate::wait::SOON, || {
        let outbox = loadline::runtime::actions::outbox_file::read(folder).ok()??;
        let team = outbox.actions.get("team")?;
        (team.last.is_some() && team.undelivered.is_empty()).then_some(())
    });
}

#[test]
fn a_folder_that_cannot_be_made_is_reported_once_and_stops_no_action() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(&file.join("state"), deliver);
    runner.actions.request(request(&webhook("team"), 91));
    assert!(runner.outcome("team").unwrap_err().starts_with("could not use '"));
    runner.actions.request(request(&webhook("team"), 92));
    (0..2).for_each(|_| assert_eq!(runner.outcome("team"), Ok(())));
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91, 92]);
}

#[test]
fn a_read_only_folder_stops_no_action() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let (delivered, deliver) = recorded_delivery();
    let runner = Runner::new(folder.path(), deliver);
    runner.actions.request(request(&webhook("team"), 91));
    // Root may write there all the same, and has nothing to complain of.
    let complaint = runner.outcome("team").err();
    if let Some(complaint) = &complaint {
        assert!(complaint.starts_with("could not write '"), "{complaint}");
        assert_eq!(runner.outcome("team"), Ok(()));
    }
    assert_eq!(runner.end(), []);
    assert_eq!(*delivered.lock().unwrap(), [91]);
}
