//! The swap that zram keeps in memory. The swap areas are looked at now and then, and when their size in all has changed; their
//! figures are read while zram is among them; and all that only while swap is in use.

use std::fs::File;

use super::proc_file::{is_missing, read_at_start};
use crate::core::proc::swap::{CompressedSwap, is_of_areas, zram_areas, zram_taken_bytes, zram_written_back_bytes};

/// The list of the swap areas.
pub const SWAPS: &str = "/proc/swaps";

/// The zram devices that are swapped out to, and their files while they are open.
#[derive(Default)]
pub struct ZramSwap {
    /// The size of all swap areas at the last look, in KiB; `None` where none has succeeded.
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
            Err(error) if is_missing(&error) => None,
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
    /// The swap in zram, where all swap areas have `total_kib`; `None` where a figure cannot be read: then the areas are looked
    /// at again for the next reading. The part that zram has written back to a disk is not among it: it takes no memory, and is
    /// swap as every other.
    pub fn read(&mut self, total_kib: Option<u64>, buffer: &mut [u8]) -> Option<CompressedSwap> {
        if self.total_kib != total_kib {
            self.close();
            self.look(buffer)?;
            self.total_kib = total_kib;
        }
        let sum = self.sum(buffer);
        if sum.is_none() {
            self.close();
        }
        sum
    }

    fn sum(&mut self, buffer: &mut [u8]) -> Option<CompressedSwap> {
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

    /// Closes the files: the swap areas are looked at again for the next reading while swap is in use.
    pub fn close(&mut self) {
        *self = ZramSwap::default();
    }

    /// Whether the latest look found the zram devices that are among the swap areas now. Otherwise the files are closed.
    pub fn is_confirmed(&mut self, buffer: &mut [u8]) -> bool {
        let mut now = ZramSwap::default();
        let is_same = now.look(buffer).is_some() && now.devices == self.devices;
        if !is_same {
            self.close();
        }
        is_same
    }

    /// Finds the zram devices among the swap areas; `None` where these cannot be read.
    fn look(&mut self, buffer: &mut [u8]) -> Option<()> {
        let swaps = match File::open(SWAPS) {
            // The figures of swap are a container's then, and its areas are not shown.
            Err(error) if is_missing(&error) => return Some(()),
            opened => opened.ok()?,
        };
        let text = read_at_start(&swaps, buffer).filter(|text| is_of_areas(text))?;
        self.devices.extend(zram_areas(text).map(|(number, _)| number));
        self.statistics.resize_with(self.devices.len(), || None);
        Some(())
    }
}
