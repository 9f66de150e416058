//! The swap that zram keeps in memory. The swap areas are looked at only when their size in all has changed, and read only
//! while zram is among them and swap is in use.

use std::fs::File;
use std::io::ErrorKind;

use super::proc_file::read_at_start;
use crate::core::proc::swap::{CompressedSwap, zram_areas, zram_taken_bytes, zram_written_back_bytes};

const SWAPS: &str = "/proc/swaps";

/// The zram devices that are swapped out to, and their files while they are open.
#[derive(Default)]
pub struct ZramSwap {
    /// The size of all swap areas at the last look, in KiB.
    total_kib: Option<u64>,
    devices: Vec<u32>,
    swaps: Option<File>,
    /// In the order of `devices`.
    statistics: Vec<Option<Statistics>>,
}

/// The files of one device.
struct Statistics {
    memory: File,
    /// `None` where the kernel has no backing devices.
    backing: Option<File>,
}

impl Statistics {
    /// `None` where a file is there and cannot be opened.
    fn open(device: u32) -> Option<Statistics> {
        let open = |name: &str| File::open(format!("/sys/block/zram{device}/{name}"));
        let backing = match open("bd_stat") {
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            opened => Some(opened.ok()?),
        };
        Some(Statistics { memory: open("mm_stat").ok()?, backing })
    }

    /// The memory that the device takes, and the part of its swap that is on its backing device, in bytes; `None` where a
    /// figure cannot be read.
    fn read(&self, buffer: &mut [u8]) -> Option<(u64, u64)> {
        let taken_bytes = zram_taken_bytes(read_at_start(&self.memory, buffer)?)?;
        let Some(backing) = &self.backing else { return Some((taken_bytes, 0)) };
        Some((taken_bytes, zram_written_back_bytes(read_at_start(backing, buffer)?)?))
    }
}

impl ZramSwap {
    /// The swap in zram, where all swap areas have `total_kib`; `None` where a figure cannot be read. The part that zram has
    /// written back to a disk is not among it: it takes no memory, and is swap as every other.
    pub fn read(&mut self, total_kib: Option<u64>, buffer: &mut [u8]) -> Option<CompressedSwap> {
        if self.total_kib != total_kib {
            self.total_kib = total_kib;
            self.look(buffer);
        }
        let mut sum = CompressedSwap::default();
        if self.devices.is_empty() {
            return Some(sum);
        }
        let swaps = self.swaps.take().or_else(|| File::open(SWAPS).ok())?;
        for (number, used_bytes) in zram_areas(read_at_start(&swaps, buffer)?) {
            let is_known = self.devices.contains(&number);
            sum.stored_bytes = sum.stored_bytes.checked_add(used_bytes.filter(|_| is_known)?)?;
        }
        self.swaps = Some(swaps);
        for (number, slot) in self.devices.iter().zip(&mut self.statistics) {
            let statistics = slot.take().or_else(|| Statistics::open(*number))?;
            let (taken_bytes, written_back_bytes) = statistics.read(buffer)?;
            sum.taken_bytes = sum.taken_bytes.checked_add(taken_bytes)?;
            // The figures are of slightly different moments.
            sum.stored_bytes = sum.stored_bytes.saturating_sub(written_back_bytes);
            *slot = Some(statistics);
        }
        Some(sum)
    }

    /// Closes the files: they are opened anew, and the swap areas looked at again if there was zram among them.
    pub fn close(&mut self) {
        if !self.devices.is_empty() {
            *self = ZramSwap::default();
        }
    }

    fn look(&mut self, buffer: &mut [u8]) {
        *self = ZramSwap { total_kib: self.total_kib, ..ZramSwap::default() };
        // Where the areas cannot be read, nothing tells that there is zram among them.
        let swaps = File::open(SWAPS).ok();
        let text = swaps.as_ref().and_then(|file| read_at_start(file, buffer));
        self.devices.extend(text.into_iter().flat_map(zram_areas).map(|(number, _)| number));
        self.statistics.resize_with(self.devices.len(), || None);
    }
}
