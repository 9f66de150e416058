//! The folders of a process's cgroup and of its parents, by `/proc/self/cgroup` and `/proc/self/mountinfo`.

/// The hierarchy of a controller: one of version 1, or the only one of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupVersion {
    One,
    Two,
}

/// The groups that hold a process, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    pub version: CgroupVersion,
    pub groups: Vec<Cgroup>,
}

/// A cgroup of one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup {
    /// The folder in which it is mounted.
    pub folder: String,
    /// Its path as `/proc/PID/cgroup` writes it, from the root of the cgroup namespace.
    pub path: String,
}

/// The groups of `controller`; `None` where the process is in no cgroup, or its hierarchy is not mounted where it is seen.
///
/// A hybrid system has version 1 for some controllers: a line of its own in `/proc/self/cgroup` names each.
pub fn hierarchy(membership: &str, mountinfo: &str, controller: &str) -> Option<Hierarchy> {
    let (version, path) = match path_in(membership, controller) {
        Some(path) => (CgroupVersion::One, path),
        None => (CgroupVersion::Two, path_in(membership, "")?),
    };
    mounted(path, version, mountinfo, controller)
}

/// The groups of version 2, which a hybrid system has beside those of version 1.
pub fn unified(membership: &str, mountinfo: &str) -> Option<Hierarchy> {
    mounted(path_in(membership, "")?, CgroupVersion::Two, mountinfo, "")
}

fn mounted(path: &str, version: CgroupVersion, mountinfo: &str, controller: &str) -> Option<Hierarchy> {
    let mounts = mountinfo.lines().filter_map(|line| mount(line, version, controller));
    let shown = mounts.filter_map(|(root, point)| Some((shown_part(&root, path)?, root, point)));
    // Of several mounts one that shows the process's own group, and the most parents.
    let (part, root, point) = shown.max_by_key(|(part, ..)| match part {
        ShownPart::Own(names) => Some(names.len()),
        ShownPart::MountAlone => None,
    })?;
    let groups = match part {
        ShownPart::MountAlone => vec![Cgroup { folder: point, path: path.to_owned() }],
        ShownPart::Own(names) => {
            let mut groups = vec![Cgroup { folder: point, path: root }];
            for name in names {
                let (folder, path) = groups.last().map_or(("", ""), |parent| (&parent.folder, &parent.path));
                let below = |parent: &str| format!("{}/{name}", parent.trim_end_matches('/'));
                groups.push(Cgroup { folder: below(folder), path: below(path) });
            }
            groups
        }
    };
    Some(Hierarchy { version, groups })
}

/// Whether the process with the file `membership` is in the group at `path` of `controller`, or in one below.
pub fn is_member(membership: &str, controller: &str, path: &str) -> bool {
    let own = path_in(membership, controller).or_else(|| path_in(membership, ""));
    own.is_some_and(|own| below(&parts(path), &parts(own)).is_some())
}

/// The path in the line of `controller`, empty for version 2. Source: cgroups(7), `/proc/[pid]/cgroup`.
fn path_in<'a>(membership: &'a str, controller: &str) -> Option<&'a str> {
    membership.lines().find_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

/// The root and the mount point in a line of mountinfo, where it is of this hierarchy. Source: proc_pid_mountinfo(5).
fn mount(line: &str, version: CgroupVersion, controller: &str) -> Option<(String, String)> {
    let (before, after) = line.split_once(" - ")?;
    let mut after = after.split(' ');
    let (kind, _source, options) = (after.next()?, after.next()?, after.next().unwrap_or_default());
    let is_meant = match version {
        CgroupVersion::One => kind == "cgroup" && options.split(',').any(|option| option == controller),
        CgroupVersion::Two => kind == "cgroup2",
    };
    let mut before = before.split(' ').skip(3);
    is_meant.then_some((unescape(before.next()?), unescape(before.next()?)))
}

/// The groups that a mount shows of those which hold the process.
#[derive(Debug, PartialEq)]
enum ShownPart {
    /// The names from the mounted group down to the process's own.
    Own(Vec<String>),
    /// The mounted group, without a name that leads from there to the process's own.
    MountAlone,
}

/// The part that a mount of the group `root` shows of the groups down to `path`. `None` where it shows a neighbour.
///
/// Both are paths from the root of the cgroup namespace, and begin with `/..` where they are outside of it. In a container that
/// was mounted before it got its namespace, or that a process came into from outside (`nsenter`, `lxc-attach`), they do not fit
/// each other: then the group at the mount point is the container's, and the only one that is seen.
fn shown_part(root: &str, path: &str) -> Option<ShownPart> {
    let (root, path) = (parts(root), parts(path));
    if let Some(names) = below(&root, &path) {
        let are_names_known = path.starts_with(&root);
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        return Some(if are_names_known { ShownPart::Own(names) } else { ShownPart::MountAlone });
    }
    let differ = root.iter().zip(&path).find(|(one, other)| one != other);
    let is_neighbour = differ.is_some_and(|(one, other)| *one != ".." && *other != "..");
    (!is_neighbour).then_some(ShownPart::MountAlone)
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

/// The names from the group `parent` down to `path`, none where they are not known: a parent outside of the namespace. `None`
/// where it is not below.
fn below<'a>(parent: &[&str], path: &'a [&'a str]) -> Option<&'a [&'a str]> {
    if path.starts_with(parent)
        && let Some(rest) = path.get(parent.len()..)
        && !rest.contains(&"..")
    {
        return Some(rest);
    }
    let ups = |parts: &[&str]| parts.iter().take_while(|part| **part == "..").count();
    (ups(parent) == parent.len() && ups(path) < parent.len()).then_some(&[])
}

/// A path of mountinfo, in which spaces and the like are octal: `\040`.
fn unescape(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        let octal = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const V2: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    fn folders(membership: &str, mountinfo: &str, controller: &str) -> Option<Vec<String>> {
        let known = hierarchy(membership, mountinfo, controller)?;
        Some(known.groups.into_iter().map(|group| group.folder).collect())
    }

    fn some(paths: &[&str]) -> Option<Vec<String>> {
        Some(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    #[test]
    fn the_parents_of_a_session_are_among_its_folders() {
        let known = folders("0::/user.slice/a.scope\n", V2, "memory");
        assert_eq!(known, some(&["/sys/fs/cgroup", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/user.slice/a.scope"]));
        assert_eq!(folders("0::/\n", V2, "memory"), some(&["/sys/fs/cgroup"]), "a namespace");
        assert_eq!(folders("0::/a\n", "", "memory"), None, "not mounted");
        assert_eq!(folders("", V2, "memory"), None, "no cgroup");
    }

    #[test]
    fn a_container_sees_its_own_part_of_a_hierarchy() {
        let mounts = "1 2 0:3 /docker/7 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
                      4 2 0:5 /docker/7 /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct\n";
        let membership = "9:memory:/docker/7\n4:cpu,cpuacct:/docker/7/inner\n1:name=systemd:/x\n";
        assert_eq!(folders(membership, mounts, "memory"), some(&["/sys/fs/cgroup/memory"]));
        let inner = hierarchy(membership, mounts, "cpuacct").unwrap();
        let paths: Vec<(&str, &str)> = inner.groups.iter().map(|group| (&*group.folder, &*group.path)).collect();
        let point = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(paths, [(point, "/docker/7"), ("/sys/fs/cgroup/cpu,cpuacct/inner", "/docker/7/inner")]);
        assert_eq!(inner.version, CgroupVersion::One);
        for neighbour in ["/docker/70", "/podman/7", "/docker/8/7"] {
            assert_eq!(folders(&format!("9:memory:{neighbour}\n"), mounts, "memory"), None, "{neighbour}");
        }
    }

    #[test]
    fn a_container_whose_paths_do_not_fit_its_mounts_has_the_mounted_group() {
        let mount = |root: &str| format!("1 2 0:3 {root} /c rw - cgroup2 none rw\n");
        for (root, path) in [
            ("/docker/7", "/"),
            ("/docker/7", "/docker"),
            ("/docker/7", "/../.."),
            ("/", "/.."),
            ("/", "/../.."),
            ("/", "/../../system.slice/a"),
            ("/..", "/../.."),
            ("/../d", "/../.."),
            ("/../..", "/a"),
        ] {
            let known = hierarchy(&format!("0::{path}\n"), &mount(root), "cpu");
            let group = Cgroup { folder: "/c".into(), path: path.into() };
            assert_eq!(known.map(|known| known.groups), Some(vec![group]), "{path} where {root} is mounted");
        }
        // A mount that shows the own group comes first, wherever it stands.
        for mounts in [[mount("/x"), mount("/").replace("/c", "/all")], [mount("/").replace("/c", "/all"), mount("/x")]]
        {
            assert_eq!(folders("0::/\n", &mounts.concat(), "cpu"), some(&["/all"]));
        }
    }

    #[test]
    fn a_hybrid_system_has_version_1_where_a_line_names_the_controller() {
        let mounts = format!("{V2}1 2 0:3 / /v1/memory rw - cgroup cgroup rw,memory\n");
        let membership = "3:memory:/a\n0::/b\n";
        assert_eq!(folders(membership, &mounts, "memory"), some(&["/v1/memory", "/v1/memory/a"]));
        assert_eq!(folders(membership, &mounts, "cpu"), some(&["/sys/fs/cgroup", "/sys/fs/cgroup/b"]));
        assert_eq!(unified(membership, &mounts).map(|known| known.groups.len()), Some(2));
        assert_eq!(unified("3:memory:/a\n", &mounts), None);
    }

    #[test]
    fn paths_outside_of_the_namespace_are_followed_as_far_as_their_names_are_known() {
        let mounts = |root: &str| format!("1 2 0:3 {root} /a\\040b rw - cgroup2 none rw\n");
        assert_eq!(folders("0::/\n", &mounts("/../.."), "cpu"), some(&["/a b"]));
        assert_eq!(folders("0::/../../c\n", &mounts("/../.."), "cpu"), some(&["/a b", "/a b/c"]));
        assert_eq!(folders("0::/../c\n", &mounts("/../d"), "cpu"), None);
    }

    #[test]
    fn members_of_a_group_are_in_it_or_below() {
        let is_in = |path: &str, group: &str| is_member(&format!("3:cpu,cpuacct:/x\n0::{path}\n"), "memory", group);
        for (path, group) in
            [("/", "/"), ("/a", "/"), ("/a", "/a"), ("/a/b", "/a"), ("/a", "/../.."), ("/../../c", "/../..")]
        {
            assert!(is_in(path, group), "{path} in {group}");
        }
        for (path, group) in [("/", "/a"), ("/ab", "/a"), ("/..", "/"), ("/../c", "/"), ("/../../../c", "/../..")] {
            assert!(!is_in(path, group), "{path} not in {group}");
        }
        assert!(is_member("3:cpu,cpuacct:/x\n0::/y\n", "cpuacct", "/x"));
        assert!(!is_member("3:cpu,cpuacct:/x\n0::/y\n", "cpu", "/y"));
        assert!(!is_member("", "cpu", "/"), "a process that has ended");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(membership: String, mountinfo: String, root in "[/.a\\\\0-9]*", path in "[/.a]*") {
            hierarchy(&membership, &mountinfo, "cpu");
            hierarchy(&format!("0::{path}\n"), &format!("1 2 3 {root} {root} x - cgroup2 x\n"), "cpu");
            is_member(&membership, "cpu", &path);
        }
    }
}
