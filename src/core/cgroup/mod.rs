//! The cgroup limits that hold a process on Linux: the smallest of its own cgroup and of all its parents.
//!
//! Sources: the kernel's `Documentation/admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`, `Documentation/scheduler/
//! sched-bwc.rst`; cgroups(7), cgroup_namespaces(7).

pub mod files;
pub mod folders;
pub mod limits;
pub mod members;
pub mod usage;
