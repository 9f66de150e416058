//! Groups with one member: who may write by such a group is that person alone. Most Linux systems give everyone a group of
//! their own, and file modes that let it write (umask 002).

/// Whether nobody but the user `uid` is in the group `gid`, by the texts of `/etc/passwd` and `/etc/group`. Not where either
/// is unknown there, because others may know more (a directory of the company). Source: passwd(5), group(5).
pub fn is_private(gid: u32, uid: u32, passwd: &str, group: &str) -> bool {
    let users = || passwd.lines().filter_map(User::parse);
    let Some(own) = users().find(|user| user.uid == uid) else { return false };
    // Two names of one user are one person.
    let is_own = |name: &str| users().any(|user| user.name == name && user.uid == uid);
    let mut entries = group.lines().filter_map(Group::parse).filter(|group| group.gid == gid).peekable();
    let is_known = entries.peek().is_some() && own.gid == gid;
    is_known
        && entries.all(|group| group.members.split(',').filter(|name| !name.is_empty()).all(is_own))
        && users().filter(|user| user.gid == gid).all(|user| user.uid == uid)
}

struct User<'a> {
    name: &'a str,
    uid: u32,
    /// Of the user's first group.
    gid: u32,
}

impl User<'_> {
    fn parse(line: &str) -> Option<User<'_>> {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some(User { name, uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }
}

struct Group<'a> {
    gid: u32,
    /// Names separated by commas: those for whom it is not the first group.
    members: &'a str,
}

impl Group<'_> {
    fn parse(line: &str) -> Option<Group<'_>> {
        let mut fields = line.split(':');
        let (_name, _password) = (fields.next()?, fields.next()?);
        Some(Group { gid: fields.next()?.parse().ok()?, members: fields.next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n\
                          bob:x:1001:1001::/home/bob:/bin/sh\ncat:x:1002:100::/:\ntoor:x:0:0::/root:\n";
    const GROUP: &str = "root:x:0:\nann:x:1000:\nbob:x:1001:bob,ann\nusers:x:100:\nbroken\nwheel:x:10:ann\n";

    #[test]
    fn a_group_is_private_where_nobody_else_is_in_it() {
        for (gid, uid, is_alone) in [
            (1000, 1000, true),
            (0, 0, true),
            // Ann is in it, too.
            (1001, 1001, false),
            (1001, 1000, false),
            // Another's group, an unknown group, an unknown user.
            (1000, 1001, false),
            (4711, 1000, false),
            (1000, 4711, false),
            // Hers by the second list alone: others may be in it by other means.
            (10, 1000, false),
            (100, 1002, true),
        ] {
            assert_eq!(is_private(gid, uid, PASSWD, GROUP), is_alone, "group {gid} of user {uid}");
        }
        assert!(!is_private(100, 1002, &format!("{PASSWD}dan:x:1003:100::/:\n"), GROUP), "the first group of another");
        assert!(!is_private(1000, 1000, "", GROUP) && !is_private(1000, 1000, PASSWD, ""), "nothing is known");
        assert!(!is_private(1000, 1000, PASSWD, &format!("{GROUP}twin:x:1000:bob\n")), "two groups of one number");
    }
}
