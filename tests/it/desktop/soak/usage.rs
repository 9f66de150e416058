//! The resources of the program, which must not grow in a day.
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use super::super::world::World;
use crate::process::Program;
use crate::wait::wait_for;

/// The time limit for threads and for connections of closed notifications to end.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);

/// The limit of growth of the memory.
const GROWTH_KB: u64 = 512;

/// The resources in use at one moment.
#[derive(Clone, Copy, Debug)]
pub struct InUse {
    /// Heap and stacks, without mapped files, which all processes of the program share.
    pub memory_kb: u64,
    pub descriptors: usize,
    pub threads: usize,
    pub files: usize,
}

impl InUse {
    /// The resources of `program`, whose home is in `world`.
    pub fn of(program: &Program, world: &World) -> Self {
        let process = format!("/proc/{}", program.id());
        let count = |folder: &str| fs::read_dir(format!("{process}/{folder}")).unwrap().count();
        let memory = fs::read_to_string(format!("{process}/smaps_rollup")).unwrap();
        let kb = |name: &str| {
            let line = memory.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
        };
        Self {
            memory_kb: kb("Anonymous:") + kb("Swap:"),
            descriptors: count("fd"),
            threads: count("task"),
            // The icon's files are used again, and there are never many.
            files: world.leftovers().iter().filter(|file| file.extension().is_none_or(|end| end != "png")).count(),
        }
    }

    /// The same once the figures are stable.
    pub fn when_settled(program: &Program, world: &World) -> Self {
        let (mut last, mut times) = (None, 0);
        wait_for("stable resources", SETTLED_WITHIN, || {
            let now = Self::of(program, world);
            let figures = (now.descriptors, now.threads, now.files);
            times = if last.replace(figures) == Some(figures) { times + 1 } else { 0 };
            (times == 30).then_some(now)
        })
    }

    /// Asserts that `program` comes to use no more than this.
    pub fn assert_not_grown(&self, program: &Program, world: &World) -> Self {
        let deadline = Instant::now() + SETTLED_WITHIN;
        let now = wait_for("resources within the limit", SETTLED_WITHIN * 2, || {
            let now = Self::of(program, world);
            let is_flat = now.descriptors <= self.descriptors && now.threads <= self.threads && now.files <= self.files;
            (is_flat || Instant::now() > deadline).then_some(now)
        });
        let is_flat = now.descriptors <= self.descriptors && now.threads <= self.threads && now.files <= self.files;
        assert!(is_flat, "more in use than {self:?}: {now:?}, {:?}, {:?}", names(program), world.leftovers());
        assert!(now.memory_kb <= self.memory_kb + GROWTH_KB, "memory has grown: {self:?} then, {now:?} now");
        now
    }
}

/// The names of the threads and the targets of the descriptors, each with its count.
fn names(program: &Program) -> BTreeMap<String, u32> {
    let entries = |folder: &str| fs::read_dir(format!("/proc/{}/{folder}", program.id())).unwrap().flatten();
    let threads = entries("task").filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    let descriptors = entries("fd").filter_map(|fd| Some(fs::read_link(fd.path()).ok()?.display().to_string()));
    let mut names = BTreeMap::new();
    for name in threads.chain(descriptors) {
        let kind = name.split(':').next().unwrap_or_default().trim().to_owned();
        *names.entry(kind).or_default() += 1;
    }
    names
}
