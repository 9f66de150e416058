//! The swap that zram keeps in memory. The swap areas are looked at only when their size in all has changed, and read only
//! while zram is among them and swap is in use.

use std::fs::File;

use super::proc_file::read_at_start;
use crate::core::proc::swap::{CompressedSwap, zram_areas, zram_taken_bytes};

const SWAPS: &str = "/proc/swaps";

/// The zram devices that are swapped out to, and their files while they are open.
#[derive(Default)]
pub struct ZramSwap {
    /// The size of all swap areas at the last look, in KiB.
    total_kib: Option<u64>,
    devices: Vec<u32>,
    swaps: Option<File>,
    /// In the order of `devices`.
    statistics: Vec<Option<File>>,
}

impl ZramSwap {
    /// The swap in zram, where all swap areas have `total_kib`; `None` where a figure cannot be read.
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
            let file = slot.take().or_else(|| File::open(format!("/sys/block/zram{number}/mm_stat")).ok())?;
            sum.taken_bytes = sum.taken_bytes.checked_add(zram_taken_bytes(read_at_start(&file, buffer)?)?)?;
            *slot = Some(file);
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
