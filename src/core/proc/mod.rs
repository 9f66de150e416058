//! The files of Linux's `/proc` that are read for every reading or look at the processes: from bytes to figures, in place
//! and without an allocation. A figure that is missing, or no number, is `None`.
//!
//! Source: proc(5), and the kernel's `Documentation/filesystems/proc.rst`.

pub mod arcstats;
pub mod cpu_list;
pub mod fields;
pub mod huge_pages;
pub mod locks;
pub mod meminfo;
pub mod pressure;
pub mod process;
pub mod stat;
pub mod swap;
