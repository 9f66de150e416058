//! The CPU time that processes used between two scans, with that of processes that ended in between.

use std::collections::HashMap;
use std::time::Duration;

use super::top_apps::ProcessSample;

/// The CPU time of each process of `now` since the scan `before`, in the order of `now`.
///
/// A process is credited with its own time and with that of its children that ended and were waited for. The part of their
/// time that `before` showed already is taken off again: of each process that has ended since, from its nearest ancestor that
/// is in both scans. Short processes, which no scan sees, count for the program that started them: those of a build for make.
///
/// `capacity` is the most that all processors can do between the two scans. A scan takes a while: a process that ends during
/// it may be missing while its time is with its parent already. Children's time above the capacity is left out for that.
pub fn used_cpu_time(before: &[ProcessSample], now: &[ProcessSample], capacity: Duration) -> Vec<Duration> {
    let earlier: HashMap<(u32, u64), usize> =
        before.iter().enumerate().map(|(index, sample)| ((sample.pid, sample.started), index)).collect();
    let earlier_of = |sample: &ProcessSample| earlier.get(&(sample.pid, sample.started)).copied();
    let mut is_alive = vec![false; before.len()];
    for index in now.iter().filter_map(earlier_of) {
        is_alive[index] = true;
    }
    let seen = seen_of_ended(before, &is_alive);
    let used = |sample: &ProcessSample| {
        // A process of `now` alone began in between: all of its time is new.
        let Some(index) = earlier_of(sample) else { return sample.cpu_time.saturating_add(sample.children_cpu_time) };
        let (first, seen) = (&before[index], seen[index]);
        let children = sample.children_cpu_time.saturating_sub(first.children_cpu_time).saturating_sub(seen);
        let children = if children > capacity { Duration::ZERO } else { children };
        sample.cpu_time.saturating_sub(first.cpu_time).saturating_add(children)
    };
    now.iter().map(used).collect()
}

/// For each process of a scan the time, own and of children, that the scan showed of its descendants that have ended since:
/// those for which it is the nearest ancestor that has not.
fn seen_of_ended(scan: &[ProcessSample], is_alive: &[bool]) -> Vec<Duration> {
    let by_pid: HashMap<u32, usize> = scan.iter().enumerate().map(|(index, sample)| (sample.pid, index)).collect();
    let parents: Vec<Option<usize>> = scan.iter().map(|sample| by_pid.get(&sample.parent).copied()).collect();
    let mut seen = vec![Duration::ZERO; scan.len()];
    // Ended children whose time has not come up yet. A circle, which a scan shows where pids were reused meanwhile, stays.
    let mut awaited = vec![0_usize; scan.len()];
    for (index, parent) in parents.iter().enumerate() {
        if let (false, Some(parent)) = (is_alive[index], parent) {
            awaited[*parent] += 1;
        }
    }
    let is_ready = |index: &usize, awaited: &[usize]| !is_alive[*index] && awaited[*index] == 0;
    let mut ready: Vec<usize> = (0..scan.len()).filter(|index| is_ready(index, &awaited)).collect();
    while let Some(index) = ready.pop() {
        let Some(parent) = parents[index] else { continue };
        let own = scan[index].cpu_time.saturating_add(scan[index].children_cpu_time);
        seen[parent] = seen[parent].saturating_add(own).saturating_add(seen[index]);
        awaited[parent] -= 1;
        if is_ready(&parent, &awaited) {
            ready.push(parent);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMIT: Duration = Duration::MAX;

    fn sample(pid: u32, parent: u32, own: u64, children: u64) -> ProcessSample {
        ProcessSample {
            pid,
            started: 7,
            parent,
            application: "a".into(),
            cpu_time: Duration::from_secs(own),
            children_cpu_time: Duration::from_secs(children),
            private_bytes: 0,
            shared_bytes: 0,
        }
    }

    fn used(before: &[ProcessSample], now: &[ProcessSample]) -> Vec<u64> {
        used_cpu_time(before, now, NO_LIMIT).iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn a_process_is_credited_with_itself_and_with_children_that_no_scan_saw() {
        assert_eq!(used(&[sample(1, 0, 10, 5)], &[sample(1, 0, 12, 25)]), [22]);
        assert_eq!(used(&[], &[sample(1, 0, 12, 25)]), [37], "it is new");
    }

    #[test]
    fn time_that_was_seen_before_is_not_credited_twice() {
        // The child had used 8 s when it was seen, and 9 s when it ended.
        let before = [sample(1, 0, 1, 0), sample(2, 1, 8, 0)];
        assert_eq!(used(&before, &[sample(1, 0, 1, 9)]), [1]);
    }

    #[test]
    fn the_time_of_a_whole_branch_that_ended_is_taken_off_its_nearest_living_ancestor() {
        // 2 is alive; 3 ended, and so did its children 4 and 5, which 3 had waited for.
        let before =
            [sample(1, 0, 0, 0), sample(2, 1, 0, 0), sample(3, 2, 1, 2), sample(4, 3, 4, 0), sample(5, 3, 8, 0)];
        let ended_with = 1 + 2 + 4 + 8 + 3;
        assert_eq!(used(&before, &[sample(1, 0, 0, 0), sample(2, 1, 0, ended_with)]), [0, 3]);
        // A child of a process that ended, and is alive itself, keeps its own account.
        let now = [sample(1, 0, 0, 0), sample(2, 1, 0, 1 + 2 + 8), sample(4, 1, 6, 0)];
        assert_eq!(used(&before, &now), [0, 0, 2]);
    }

    #[test]
    fn children_that_nobody_waits_for_cost_the_parent_nothing_of_its_own() {
        let before = [sample(1, 0, 10, 0), sample(2, 1, 100, 0)];
        assert_eq!(used(&before, &[sample(1, 0, 13, 0)]), [3]);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let before = [sample(1, 0, 0, 0), sample(2, 1, 50, 0)];
        let reused = ProcessSample { started: 9, ..sample(2, 1, 4, 0) };
        assert_eq!(used(&before, &[sample(1, 0, 0, 51), reused]), [1, 4]);
    }

    #[test]
    fn more_time_of_children_than_the_machine_has_is_left_out() {
        // The child ended during the first scan, after its parent was read.
        let (before, now) = ([sample(1, 0, 10, 0)], [sample(1, 0, 11, 1000)]);
        assert_eq!(used_cpu_time(&before, &now, Duration::from_secs(8)), [Duration::from_secs(1)]);
    }

    #[test]
    fn circles_self_parents_and_missing_parents_end() {
        let before =
            [sample(1, 2, 5, 0), sample(2, 1, 5, 0), sample(3, 3, 5, 0), sample(4, 99, 5, 0), sample(5, 0, 1, 0)];
        assert_eq!(used(&before, &[sample(5, 0, 3, 0)]), [2]);
        assert_eq!(used(&before, &[]), [0; 0]);
        assert_eq!(used(&before, &before), [0; 5]);
    }

    #[test]
    fn sums_stop_at_the_greatest_number() {
        let most = |pid, parent| ProcessSample {
            cpu_time: Duration::MAX,
            children_cpu_time: Duration::MAX,
            ..sample(pid, parent, 0, 0)
        };
        assert_eq!(used_cpu_time(&[most(1, 0), most(2, 1)], &[most(1, 0)], NO_LIMIT), [Duration::ZERO]);
        assert_eq!(used_cpu_time(&[], &[most(1, 0)], NO_LIMIT), [Duration::MAX]);
    }
}
