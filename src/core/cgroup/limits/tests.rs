//! The limits by tables of files: versions, nesting, namespaces, and files that make no sense.

use super::*;

const V2: &str = "1 2 0:3 / /c rw - cgroup2 cgroup2 rw\n";
const V1: &str = "1 2 0:3 / /m rw - cgroup cgroup rw,memory\n1 2 0:4 / /p rw - cgroup cgroup rw,cpu,cpuacct\n\
                  1 2 0:5 / /s rw - cgroup cgroup rw,cpuset\n";
/// Each controller in a hierarchy of its own, and version 2 beside them.
const APART: &str = "1 2 0:4 / /p rw - cgroup cgroup rw,cpu\n1 2 0:6 / /a rw - cgroup cgroup rw,cpuacct\n\
                     1 2 0:5 / /s rw - cgroup cgroup rw,cpuset\n1 2 0:3 / /u rw - cgroup2 cgroup2 rw\n";
const STAT_2: &str = "usage_usec 7\n";

/// On a machine of 64 processors.
fn limits(membership: &str, mountinfo: &str, files: &[(&str, &str)]) -> Limits {
    find(membership, mountinfo, |path| {
        let online = (path == ONLINE_PROCESSORS).then_some("0-63\n");
        let text = files.iter().find(|(known, _)| *known == path).map(|(_, text)| *text).or(online);
        text.map(|text| text.as_bytes().to_vec())
    })
}

fn memory(known: Limits) -> Option<(String, u64)> {
    known.memory.map(|limit| (limit.group.folder, limit.bytes))
}

/// The cores and the file of the use.
fn measured(known: &Limits) -> Option<(f64, &str)> {
    known.cpu.as_ref().map(|(limit, source)| (limit.cores, &*source.usage))
}

#[test]
fn the_smallest_limit_of_the_group_and_its_parents_counts() {
    let of = |files: &[(&str, &str)]| memory(limits("0::/a/b\n", V2, files));
    assert_eq!(of(&[("/c/a/memory.max", "100\n"), ("/c/a/b/memory.max", "200\n")]), Some(("/c/a".into(), 100)));
    assert_eq!(of(&[("/c/a/memory.max", "200\n"), ("/c/a/b/memory.max", "100\n")]), Some(("/c/a/b".into(), 100)));
    assert_eq!(of(&[("/c/a/memory.max", "9\n"), ("/c/a/b/memory.max", "9\n")]), Some(("/c/a".into(), 9)));
    assert_eq!(of(&[("/c/a/memory.high", "90\n"), ("/c/a/memory.max", "100\n")]), Some(("/c/a".into(), 90)));
    assert_eq!(of(&[("/c/memory.max", "50\n")]), Some(("/c".into(), 50)), "of the container");
    for none in ["max\n", "", "garbage\n", "-5\n", "99999999999999999999\n", "12 13\n"] {
        assert_eq!(of(&[("/c/a/memory.max", none), ("/c/a/b/memory.max", none)]), None, "{none}");
    }
    assert_eq!(of(&[]), None);
}

#[test]
fn a_limit_counts_only_below_a_total_that_is_known() {
    let limit = limits("0::/a\n", V2, &[("/c/a/memory.max", "100\n")]).memory.unwrap();
    let are_below = [Some(101), Some(100), Some(99), None].map(|machine_bytes| limit.is_below(machine_bytes));
    assert_eq!(are_below, [true, false, false, false]);
    assert_eq!(limit.file, "/c/a/memory.max");
}

#[test]
fn swap_has_a_limit_of_its_own() {
    let two = |text: &str| limits("0::/a/b\n", V2, &[("/c/a/memory.swap.max", text)]).swap_bytes;
    assert_eq!([two("100\n"), two("0\n"), two("max\n"), two("?")], [Some(100), Some(0), None, None]);
    let nested = [("/c/a/memory.swap.max", "300\n"), ("/c/a/b/memory.swap.max", "200\n")];
    assert_eq!(limits("0::/a/b\n", V2, &nested).swap_bytes, Some(200));
    let one = |memory: &str, both: &str| {
        let files = [("/m/a/memory.limit_in_bytes", memory), ("/m/a/memory.memsw.limit_in_bytes", both)];
        let known = limits("3:memory:/a\n", V1, &files);
        (known.memory.map(|limit| limit.bytes), known.swap_bytes)
    };
    assert_eq!(one("100\n", "250\n"), (Some(100), Some(150)));
    assert_eq!(one("100\n", "100\n"), (Some(100), Some(0)));
    assert_eq!(one("100\n", "9223372036854771712\n"), (Some(100), None));
    assert_eq!(one("9223372036854771712\n", "250\n"), (Some(250), None), "the two together hold memory as well");
}

#[test]
fn a_parent_of_version_1_limits_only_the_groups_that_it_is_charged_for() {
    let of = |uses_hierarchy: &[(&str, &str)]| {
        let limits_bytes = [("/m/a/memory.limit_in_bytes", "100\n"), ("/m/a/b/c/memory.limit_in_bytes", "300\n")];
        memory(limits("3:memory:/a/b/c\n", V1, &[&limits_bytes[..], uses_hierarchy].concat()))
    };
    let (parents, own) = (Some(("/m/a".into(), 100)), Some(("/m/a/b/c".into(), 300)));
    assert_eq!(of(&[]), parents, "kernels of today");
    assert_eq!(of(&[("/m/a/memory.use_hierarchy", "1\n"), ("/m/a/b/memory.use_hierarchy", "1\n")]), parents);
    assert_eq!(of(&[("/m/a/memory.use_hierarchy", "0\n")]), own);
    assert_eq!(of(&[("/m/a/b/memory.use_hierarchy", "0\n")]), own, "one between breaks the chain");
    assert_eq!(of(&[("/m/a/b/c/memory.use_hierarchy", "0\n")]), parents, "that of the own group is for those below");
    assert_eq!(of(&[("/m/memory.use_hierarchy", "0\n")]), parents);
}

#[test]
fn version_1_has_a_hierarchy_for_each_controller() {
    let membership = "3:memory:/a\n2:cpu,cpuacct:/a\n1:cpuset:/\n0::/z\n";
    let none = [("/m/a/memory.limit_in_bytes", "9223372036854771712\n"), ("/p/a/cpu.cfs_quota_us", "-1\n")];
    let known = limits(membership, V1, &none);
    assert_eq!(known, Limits { are_seen: true, ..Limits::default() });
    let some = [
        ("/m/memory.limit_in_bytes", "9223372036854771712\n"),
        ("/m/a/memory.limit_in_bytes", "104857600\n"),
        ("/p/a/cpu.cfs_quota_us", "20000\n"),
        ("/p/a/cpu.cfs_period_us", "100000\n"),
        ("/p/a/cpuacct.usage", "5\n"),
    ];
    let known = limits(membership, V1, &some);
    assert_eq!(measured(&known), Some((0.2, "/p/a/cpuacct.usage")));
    let (limit, source) = known.cpu.clone().unwrap();
    assert_eq!(source.periods.as_deref(), Some("/p/a/cpu.stat"));
    assert_eq!(limit.files, ["/p/a/cpu.cfs_quota_us", "/p/a/cpu.cfs_period_us"]);
    assert_eq!(memory(known), Some(("/m/a".into(), 104_857_600)));
}

#[test]
fn the_use_of_a_limit_is_that_of_the_same_group_or_none() {
    let quota = [("/p/q/cpu.cfs_quota_us", "20000\n"), ("/p/q/cpu.cfs_period_us", "100000\n")];
    let usage = [
        ("/a/cpuacct.usage", "5\n"),
        ("/a/q/cpuacct.usage", "5\n"),
        ("/u/q/cpu.stat", STAT_2),
        ("/u/cpu.stat", STAT_2),
    ];
    let files = [&quota[..], &usage].concat();
    let of = |membership: &str| limits(membership, APART, &files);
    assert_eq!(measured(&of("2:cpu:/q\n3:cpuacct:/q\n0::/\n")), Some((0.2, "/a/q/cpuacct.usage")));
    assert_eq!(measured(&of("2:cpu:/q\n3:cpuacct:/\n0::/q\n")), Some((0.2, "/u/q/cpu.stat")), "of version 2");
    assert_eq!(measured(&of("2:cpu:/q\n0::/q/deep\n")), Some((0.2, "/u/q/cpu.stat")), "without cpuacct");
    for elsewhere in ["2:cpu:/q\n3:cpuacct:/\n0::/\n", "2:cpu:/q\n3:cpuacct:/r\n", "2:cpu:/q\n"] {
        let known = of(elsewhere);
        assert_eq!(known.cpu, None, "{elsewhere}");
        assert_eq!(known.unmeasured_cpu.map(|limit| (limit.group.folder, limit.cores)), Some(("/p/q".into(), 0.2)));
    }
}

#[test]
fn a_set_of_version_1_is_measured_in_its_own_group() {
    let files =
        [("/s/d/s/cpuset.effective_cpus", "0-3\n"), ("/p/d/s/cpuacct.usage", "5\n"), ("/p/d/cpuacct.usage", "5\n")];
    let of = |cpu: &str| limits(&format!("2:cpu,cpuacct:{cpu}\n1:cpuset:/d/s\n"), V1, &files);
    assert_eq!(measured(&of("/d/s")), Some((4.0, "/p/d/s/cpuacct.usage")));
    assert_eq!(of("/d/s").cpu.unwrap().1.periods, None, "a set has no periods");
    assert_eq!(measured(&of("/d")), None, "a deeper group than any of the CPU");
    assert_eq!(of("/d").unmeasured_cpu.map(|limit| limit.cores), Some(4.0));
    // A larger limit that can be measured counts then.
    let quota = [("/p/d/cpu.cfs_quota_us", "800000\n"), ("/p/d/cpu.cfs_period_us", "100000\n")];
    let both = limits("2:cpu,cpuacct:/d\n1:cpuset:/d/s\n", V1, &[&files[..], &quota].concat());
    assert_eq!(measured(&both), Some((8.0, "/p/d/cpuacct.usage")));
    assert_eq!(both.unmeasured_cpu.map(|limit| limit.cores), Some(4.0));
}

#[test]
fn a_quota_or_a_set_limits_where_it_is_below_the_machines_processors() {
    let cores = |files: &[(&str, &str)]| {
        let files =
            [files, &[("/c/cpu.stat", STAT_2), ("/c/a/cpu.stat", STAT_2), ("/c/a/b/cpu.stat", STAT_2)]].concat();
        limits("0::/a/b\n", V2, &files).cpu.map(|(limit, _)| limit.cores)
    };
    assert_eq!(cores(&[("/c/a/cpu.max", "20000 100000\n")]), Some(0.2));
    assert_eq!(cores(&[("/c/a/cpu.max", "20000 100000\n"), ("/c/a/b/cpu.max", "50000 100000\n")]), Some(0.2));
    assert_eq!(cores(&[("/c/a/cpu.max", "50000 100000\n"), ("/c/a/b/cpu.max", "20000 100000\n")]), Some(0.2));
    assert_eq!(cores(&[("/c/a/cpu.max", "max 100000\n")]), None);
    assert_eq!(cores(&[("/c/a/cpu.max", "garbage\n")]), None);
    assert_eq!(cores(&[("/c/a/cpu.max", "6400000 100000\n")]), None, "all 64");
    assert_eq!(cores(&[("/c/a/cpuset.cpus.effective", "7\n")]), Some(1.0));
    assert_eq!(cores(&[("/c/a/cpuset.cpus.effective", "0-63\n"), ("/c/a/cpu.max", "300 100\n")]), Some(3.0));
    assert_eq!(cores(&[("/c/a/b/cpuset.cpus.effective", "0-1\n"), ("/c/a/cpu.max", "300 100\n")]), Some(2.0));
    assert_eq!(cores(&[(ONLINE_PROCESSORS, "?"), ("/c/a/cpu.max", "20000 100000\n")]), None, "nothing to compare");
    assert_eq!(limits("0::/a\n", V2, &[("/c/a/cpu.max", "1 2\n")]).unmeasured_cpu.map(|limit| limit.cores), Some(0.5));
}

#[test]
fn containers_whose_paths_do_not_fit_their_mounts_are_limited_as_their_mounts_are() {
    let mounts =
        "1 2 0:3 /docker/7 /m rw - cgroup cgroup rw,memory\n1 2 0:4 /docker/7 /p rw - cgroup cgroup rw,cpu,cpuacct\n";
    let files = [
        ("/m/memory.limit_in_bytes", "100\n"),
        ("/p/cpu.cfs_quota_us", "50000\n"),
        ("/p/cpu.cfs_period_us", "100000\n"),
        ("/p/cpuacct.usage", "5\n"),
    ];
    for path in ["/", "/docker/7", "/../.."] {
        let known = limits(&format!("9:memory:{path}\n4:cpu,cpuacct:{path}\n"), mounts, &files);
        assert!(known.are_seen, "{path}");
        assert_eq!(measured(&known), Some((0.5, "/p/cpuacct.usage")), "{path}");
        assert_eq!(memory(known), Some(("/m".into(), 100)), "{path}");
    }
    let known = limits("0::/../..\n", V2, &[("/c/memory.max", "100\n")]);
    assert_eq!((known.are_seen, memory(known)), (true, Some(("/c".into(), 100))));
}

#[test]
fn groups_that_are_not_seen_have_no_limits() {
    assert!(!limits("0::/a\n", "", &[]).are_seen);
    assert!(limits("0::/a\n", V2, &[]).are_seen);
}

#[test]
fn a_file_that_tells_no_limit_is_named_and_the_limits_of_others_are_kept() {
    let of = |content: FileContent| {
        let known = find("0::/a/b\n", V2, |path| match path {
            "/c/a/memory.max" => FileContent::Text(b"100\n".to_vec()),
            "/c/a/b/memory.max" => content.clone(),
            _ => FileContent::Missing,
        });
        (known.unclear_memory.clone(), known.unclear_cpu.clone(), memory(known))
    };
    let outer = Some(("/c/a".to_owned(), 100));
    let text = |text: &str| FileContent::Text(text.as_bytes().to_vec());
    for clear in [FileContent::Missing, text("max\n"), text("200\n"), text("9223372036854771712\n")] {
        assert_eq!(of(clear.clone()), (None, None, outer.clone()), "{clear:?}");
    }
    for unclear in [FileContent::Unreadable, text(""), text("garbage\n"), text("-5\n"), text("12 13\n")] {
        assert_eq!(of(unclear.clone()), (Some("/c/a/b/memory.max".into()), None, outer.clone()), "{unclear:?}");
    }
}

#[test]
fn every_file_of_a_limit_of_the_cpu_may_be_unclear() {
    let quota_2 = [("/c/a/cpu.max", "20000 100000\n"), ("/c/a/cpu.stat", STAT_2)];
    let quota_1 = [
        ("/p/a/cpu.cfs_quota_us", "20000\n"),
        ("/p/a/cpu.cfs_period_us", "100000\n"),
        ("/p/a/cpuacct.usage", "5\n"),
        ("/s/a/cpuset.effective_cpus", "0-63\n"),
    ];
    let set = [("/c/a/cpuset.cpus.effective", "0-3\n"), ("/c/a/cpu.stat", STAT_2)];
    let two = ("0::/a\n", V2);
    let one = ("2:cpu,cpuacct:/a\n1:cpuset:/a\n", V1);
    for ((membership, mountinfo), files) in [(two, &quota_2[..]), (one, &quota_1), (two, &set)] {
        let with = |unclear: &str, content: &FileContent| {
            find(membership, mountinfo, |path| {
                let text = files.iter().find(|(known, _)| *known == path).map(|(_, text)| *text);
                let online = (path == ONLINE_PROCESSORS).then_some("0-63\n");
                let whole = FileContent::from(text.or(online).map(|text| text.as_bytes().to_vec()));
                if path == unclear { content.clone() } else { whole }
            })
        };
        let known = with("", &FileContent::Missing);
        assert!(known.cpu.is_some() && known.unclear_cpu.is_none(), "{known:?}");
        for path in files.iter().map(|(path, _)| *path).chain([ONLINE_PROCESSORS]) {
            for content in [FileContent::Unreadable, FileContent::Text(b"garbage\n".to_vec())] {
                assert_eq!(with(path, &content).unclear_cpu.as_deref(), Some(path), "{content:?}");
            }
        }
    }
    let empty = limits("0::/a\n", V2, &[("/c/a/cpuset.cpus.effective", "\n")]);
    assert_eq!((empty.cpu, empty.unclear_cpu), (None, None), "all its processors are handed on");
    let unlimited = find("0::/a\n", V2, |_| FileContent::Missing);
    assert_eq!(unlimited, Limits { are_seen: true, ..Limits::default() }, "no list of processors is missed");
}
