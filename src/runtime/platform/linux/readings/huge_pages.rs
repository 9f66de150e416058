//! The free huge pages of every size, from files that stay open. They are read only while there are pages of other sizes than the
//! default, which `/proc/meminfo` does not tell apart.

use std::fs::{self, File};

use super::proc_file::read_at_start;
use crate::core::proc::huge_pages;

/// The folder with a folder for each size.
pub const FOLDER: &str = "/sys/kernel/mm/hugepages";

/// The files of each size: of all free pages, and of those that are promised to programs.
pub const FILES: [&str; 2] = ["free_hugepages", "resv_hugepages"];

/// The files of each size; `None` before they are opened, and after one could not be read.
#[derive(Default)]
pub struct HugePages {
    sizes: Option<Vec<PageSize>>,
}

/// The files of one size.
struct PageSize {
    kib: u64,
    free: File,
    reserved: File,
}

impl PageSize {
    fn free_bytes(&self) -> Option<u64> {
        let (mut free, mut reserved) = ([0; 32], [0; 32]);
        let (free, reserved) = (read_at_start(&self.free, &mut free)?, read_at_start(&self.reserved, &mut reserved)?);
        huge_pages::free_bytes(free, reserved, self.kib)
    }
}

impl HugePages {
    /// The free pages of all sizes, in bytes; `None` where one of the figures cannot be read.
    pub fn free_bytes(&mut self) -> Option<u64> {
        let sizes = match self.sizes.take() {
            Some(sizes) => sizes,
            None => look()?,
        };
        let add = |sum: u64, size: &PageSize| sum.checked_add(size.free_bytes()?);
        let sum = sizes.iter().try_fold(0, add)?;
        self.sizes = Some(sizes);
        Some(sum)
    }
}

/// Opens the files of every size; `None` where that fails, or there is no size.
fn look() -> Option<Vec<PageSize>> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(FOLDER).ok()? {
        let folder = entry.ok()?;
        let Some(kib) = folder.file_name().to_str().and_then(huge_pages::page_kib) else { continue };
        let open = |name: &str| File::open(folder.path().join(name)).ok();
        let [free, reserved] = FILES.map(open);
        sizes.push(PageSize { kib, free: free?, reserved: reserved? });
    }
    (!sizes.is_empty()).then_some(sizes)
}
