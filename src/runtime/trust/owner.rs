//! Owner and mode of a file, folder or link: who may change it.

use std::fs::{self, Metadata};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;

use rustix::fs::{FileType, Mode, OFlags, Stat, openat};

use super::access_list::list_is_open;
use crate::core::actions::access_list::{lets_others_read, lets_others_write};
use crate::core::actions::private_group;
use crate::core::text::settings::mode_with_list;

/// The owner, the group and the mode.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    pub mode: Mode,
    pub file_type: FileType,
    /// The user who is trusted like root: this one, unless a file must be root's alone.
    pub trusted_user: u32,
}

/// Whether a file belongs to somebody other than this user and root.
pub fn is_foreign(found: &Metadata) -> bool {
    ![0, rustix::process::geteuid().as_raw()].contains(&found.uid())
}

/// An open folder or file, whose access list is looked at where its mode does not say enough.
#[derive(Clone, Copy)]
pub enum Opened<'a> {
    /// Opened for nothing but finding what is in it.
    Folder(BorrowedFd<'a>),
    File(BorrowedFd<'a>),
}

impl From<&Stat> for Owner {
    fn from(stat: &Stat) -> Owner {
        let (mode, file_type) = (Mode::from_raw_mode(stat.st_mode), FileType::from_raw_mode(stat.st_mode));
        let trusted_user = rustix::process::geteuid().as_raw();
        Owner { uid: stat.st_uid, gid: stat.st_gid, mode, file_type, trusted_user }
    }
}

impl Opened<'_> {
    /// Whether an access list of macOS lets others write or read, whatever the mode says. A folder is opened again for that: by
    /// the descriptor for finding alone its list may not be readable.
    fn is_in_open_list(self, trusted_user: u32, lets_others: fn(&str, u32) -> bool) -> bool {
        if !cfg!(target_os = "macos") {
            return false;
        }
        match self {
            Opened::File(file) => list_is_open(file, trusted_user, lets_others),
            Opened::Folder(folder) => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                // Without the right to read it the list is unknown, as in a folder above one's own: the mode decides.
                openat(folder, ".", flags, Mode::empty())
                    .is_ok_and(|folder| list_is_open(folder.as_fd(), trusted_user, lets_others))
            }
        }
    }
}

impl Owner {
    /// Whether it belongs to the trusted user or to root.
    pub fn is_own(&self) -> bool {
        self.uid == 0 || self.uid == self.trusted_user
    }

    /// Whether the mode lets others than its owner write. `opened` is the same file.
    pub fn is_writable_by_others(&self, opened: Opened) -> bool {
        self.mode.contains(Mode::WOTH)
            || self.mode.contains(Mode::WGRP) && !self.has_private_group(opened)
            || opened.is_in_open_list(self.trusted_user, lets_others_write)
    }

    /// The mode, where it or an access list lets others than its owner read. `opened` is the same file.
    pub fn mode_readable_by_others(&self, opened: Opened) -> Option<String> {
        if self.mode.contains(Mode::ROTH) || self.mode.contains(Mode::RGRP) && !self.has_private_group(opened) {
            return Some(self.octal_mode());
        }
        let is_in_list = opened.is_in_open_list(self.trusted_user, lets_others_read);
        is_in_list.then(|| mode_with_list(self.octal_mode()))
    }

    /// Whether nobody replaces the file of another in it, if it is a folder.
    pub fn is_sticky(&self) -> bool {
        self.mode.contains(Mode::SVTX)
    }

    /// The mode as `chmod` takes it.
    pub fn octal_mode(&self) -> String {
        format!("{:04o}", self.mode.bits())
    }

    /// Whether the group's bits of the mode stand for nobody but the trusted user. On macOS everyone is in one group. With an
    /// access list the bits are its mask, which says nothing of who is in the list. Source: acl(5).
    fn has_private_group(&self, opened: Opened) -> bool {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        let user = self.trusted_user;
        cfg!(target_os = "linux")
            && !has_access_list(opened)
            && private_group::is_private(self.gid, user, &read("/etc/passwd"), &read("/etc/group"))
    }
}

/// Not certain is as good as yes. Source: getxattr(2), acl(5).
#[cfg(target_os = "linux")]
fn has_access_list(opened: Opened) -> bool {
    use rustix::fs::fgetxattr;
    use rustix::io::{Errno, Result};
    // With room for nothing the call returns the length of the list.
    let length: Result<usize> = match opened {
        // A descriptor for finding alone has no attributes: the same folder is opened through it.
        Opened::Folder(folder) => {
            openat(folder, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
                .and_then(|folder| fgetxattr(folder, "system.posix_acl_access", &mut [0; 0]))
        }
        Opened::File(file) => fgetxattr(file, "system.posix_acl_access", &mut [0; 0]),
    };
    !matches!(length, Err(Errno::NODATA | Errno::NOTSUP))
}

#[cfg(not(target_os = "linux"))]
fn has_access_list(_opened: Opened) -> bool {
    true
}
