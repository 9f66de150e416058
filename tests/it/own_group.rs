//! A settings file that the person's own group may write (umask 002): commands are done where nobody else is in that group.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};

use crate::program::Home;
use crate::support::fake_etc::{FakeEtc, NOBODY};

const USERS: &str = "root:x:0:0::/root:/bin/sh\nme:x:65534:65534::/:/bin/sh\nother:x:1000:1000::/:/bin/sh\n";

#[test]
fn commands_are_done_where_nobody_else_is_in_the_group_that_may_write() {
    let Some(etc) = FakeEtc::new() else { return };
    let home = Home::new().with_settings(r#"{"actions": [{"name": "mine", "command": ["/bin/true"]}]}"#);
    etc.as_nobody(&home);
    let file = home.settings();
    let folder = file.parent().unwrap();
    for (path, mode) in [(folder.parent().unwrap(), 0o775), (folder, 0o775), (&*file, 0o664)] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let machine = etc.file().parent().and_then(|folder| folder.parent()).unwrap().to_owned();
    fs::write(machine.join("passwd"), USERS).unwrap();
    for (members, is_done) in [("", true), ("me", true), ("other", false), ("me,other", false)] {
        fs::write(machine.join("group"), format!("root:x:0:\nme:x:65534:{members}\n")).unwrap();
        let ran = etc.run(&home, &["actions", "test", "mine"]);
        assert_eq!(ran.status == Some(0), is_done, "members '{members}': {ran:?}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(said.contains("0664") || said.contains("0775"), !is_done, "members '{members}': {said}");
    }
}
