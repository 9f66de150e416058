//! The folders of a process's cgroup and of its parents, by `/proc/self/cgroup` and `/proc/self/mountinfo`.

/// The hierarchy of a controller: one of version 1, or the only one of version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CgroupVersion {
    One,
    Two,
}

/// The folders that hold a process, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    pub version: CgroupVersion,
    pub paths: Vec<String>,
}

/// The folders of `controller`; `None` where the process is in no cgroup, or its hierarchy is not mounted where it is seen.
///
/// A hybrid system has version 1 for some controllers: a line of its own in `/proc/self/cgroup` names each.
pub fn folders(membership: &str, mountinfo: &str, controller: &str) -> Option<Folders> {
    let line = |line: &'_ str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        Some((controllers.to_owned(), path.to_owned()))
    };
    let of = |is_meant: &dyn Fn(&str) -> bool| {
        membership.lines().filter_map(line).find(|(controllers, _)| is_meant(controllers)).map(|(_, path)| path)
    };
    let one = of(&|controllers| controllers.split(',').any(|name| name == controller));
    let version = if one.is_some() { CgroupVersion::One } else { CgroupVersion::Two };
    let path = one.or_else(|| of(&|controllers| controllers.is_empty()))?;
    let mounts = mountinfo.lines().filter_map(|line| mount(line, version, controller));
    // Of several mounts the one that shows the most parents.
    let shown = mounts.filter_map(|(root, point)| Some((relative(&root, &path)?, point)));
    let (names, point) = shown.max_by_key(|(names, _)| names.len())?;
    let mut paths = vec![point];
    for name in names {
        let parent = paths.last().map_or("", |parent| parent.trim_end_matches('/'));
        paths.push(format!("{parent}/{name}"));
    }
    Some(Folders { version, paths })
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

/// The names from the cgroup `root`, which a mount shows, down to `path`. `None` where it is not below.
///
/// Both are relative to the root of the cgroup namespace, and begin with `/..` where they are outside of it. The names between
/// a root outside and a path inside are not known: then only the limits of the root are seen.
fn relative(root: &str, path: &str) -> Option<Vec<String>> {
    let parts =
        |path: &str| -> Vec<String> { path.split('/').filter(|part| !part.is_empty()).map(String::from).collect() };
    let (root, path) = (parts(root), parts(path));
    let is_up = |part: &String| part == "..";
    if let Some(rest) = path.strip_prefix(&root[..]) {
        return (!rest.iter().any(is_up)).then(|| rest.to_vec());
    }
    let ups = |parts: &[String]| parts.iter().take_while(|part| is_up(part)).count();
    (ups(&root) == root.len() && ups(&path) < root.len()).then(Vec::new)
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

    fn paths(membership: &str, mountinfo: &str, controller: &str) -> Option<(CgroupVersion, Vec<String>)> {
        folders(membership, mountinfo, controller).map(|folders| (folders.version, folders.paths))
    }

    fn two(paths: &[&str]) -> Option<(CgroupVersion, Vec<String>)> {
        Some((CgroupVersion::Two, paths.iter().map(|path| (*path).to_owned()).collect()))
    }

    #[test]
    fn the_parents_of_a_session_are_among_its_folders() {
        let known = paths("0::/user.slice/a.scope\n", V2, "memory");
        assert_eq!(known, two(&["/sys/fs/cgroup", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/user.slice/a.scope"]));
        assert_eq!(paths("0::/\n", V2, "memory"), two(&["/sys/fs/cgroup"]), "a namespace");
        assert_eq!(paths("0::/a\n", "", "memory"), None, "not mounted");
        assert_eq!(paths("", V2, "memory"), None, "no cgroup");
    }

    #[test]
    fn a_container_sees_its_own_part_of_a_hierarchy() {
        let mounts = "1 2 0:3 /docker/7 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
                      4 2 0:5 /docker/7 /sys/fs/cgroup/cpu,cpuacct ro master:9 - cgroup cgroup rw,cpu,cpuacct\n";
        let membership = "9:memory:/docker/7\n4:cpu,cpuacct:/docker/7/inner\n1:name=systemd:/x\n";
        let one = |paths: &[&str]| Some((CgroupVersion::One, paths.iter().map(|path| (*path).to_owned()).collect()));
        assert_eq!(paths(membership, mounts, "memory"), one(&["/sys/fs/cgroup/memory"]));
        let inner = one(&["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/inner"]);
        assert_eq!(paths(membership, mounts, "cpuacct"), inner);
        assert_eq!(paths("9:memory:/docker/70\n", mounts, "memory"), None, "a neighbour");
    }

    #[test]
    fn a_hybrid_system_has_version_1_where_a_line_names_the_controller() {
        let mounts = format!("{V2}1 2 0:3 / /v1/memory rw - cgroup cgroup rw,memory\n");
        let membership = "3:memory:/a\n0::/b\n";
        assert_eq!(folders(membership, &mounts, "memory").unwrap().paths, ["/v1/memory", "/v1/memory/a"]);
        assert_eq!(folders(membership, &mounts, "cpu").unwrap().paths, ["/sys/fs/cgroup", "/sys/fs/cgroup/b"]);
    }

    #[test]
    fn paths_outside_of_the_namespace_are_followed_as_far_as_their_names_are_known() {
        let mounts = |root: &str| format!("1 2 0:3 {root} /a\\040b rw - cgroup2 none rw\n");
        assert_eq!(paths("0::/\n", &mounts("/../.."), "cpu"), two(&["/a b"]));
        assert_eq!(paths("0::/../../c\n", &mounts("/../.."), "cpu"), two(&["/a b", "/a b/c"]));
        assert_eq!(paths("0::/../c\n", &mounts("/"), "cpu"), None);
        assert_eq!(paths("0::/../..\n", &mounts("/.."), "cpu"), None);
        assert_eq!(paths("0::/../c\n", &mounts("/../d"), "cpu"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(membership: String, mountinfo: String, root in "[/.a\\\\0-9]*", path in "[/.a]*") {
            folders(&membership, &mountinfo, "cpu");
            folders(&format!("0::{path}\n"), &format!("1 2 3 {root} {root} x - cgroup2 x\n"), "cpu");
        }
    }
}
