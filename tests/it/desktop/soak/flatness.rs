//! What the program has in use: what must not grow in a day.
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use super::super::world::World;
use crate::process::Program;
use crate::wait::wait_for;

/// How long what ends of its own accord may take to end: threads, and connections of notifications that are gone.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);

/// By how much the memory may have grown.
const GROWTH_KB: u64 = 512;

/// What is in use at one moment.
#[derive(Clone, Copy, Debug)]
pub struct InUse {
    /// Heap and stacks, not what is mapped from files: of that, others who run the same program have a share.
    pub memory_kb: u64,
    pub descriptors: usize,
    pub threads: usize,
    pub files: usize,
}

impl InUse {
    /// By `program`, which has a home in `world`.
    pub fn by(program: &Program, world: &World) -> Self {
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
            files: world.leftovers().len(),
        }
    }

    /// The same once it changes no more.
    pub fn when_settled(program: &Program, world: &World) -> Self {
        let (mut last, mut times) = (None, 0);
        wait_for("what is in use to settle", SETTLED_WITHIN, || {
            let now = Self::by(program, world);
            let figures = (now.descriptors, now.threads, now.files);
            times = if last.replace(figures) == Some(figures) { times + 1 } else { 0 };
            (times == 30).then_some(now)
        })
    }

    /// Sees to it that `program` comes to use no more than this.
    pub fn must_hold_for(&self, program: &Program, world: &World) -> Self {
        let deadline = Instant::now() + SETTLED_WITHIN;
        let now = wait_for("what is in use to be seen", SETTLED_WITHIN * 2, || {
            let now = Self::by(program, world);
            let is_flat = now.descriptors <= self.descriptors && now.threads <= self.threads && now.files <= self.files;
            (is_flat || Instant::now() > deadline).then_some(now)
        });
        let is_flat = now.descriptors <= self.descriptors && now.threads <= self.threads && now.files <= self.files;
        assert!(is_flat, "more in use than {self:?}: {now:?}, {:?}, {:?}", names(program), world.leftovers());
        assert!(now.memory_kb <= self.memory_kb + GROWTH_KB, "memory has grown: {self:?} then, {now:?} now");
        now
    }
}

/// What the threads are called, and what the descriptors are of, each with how many there are.
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
