//! The way along a path, from folder to folder by open descriptors: nothing that another exchanges meanwhile is followed.
//!
//! Each step opens one name in the folder before it (`openat(2)`, `O_NOFOLLOW`). A link is read and walked in turn, after its
//! owner and its folder were shown to the visitor. In a folder where others cannot replace an entry of ours, a link of ours
//! is the same one when it is read.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;

use super::owner::{Opened, Owner};
use crate::core::text::settings as text;

/// The longest chain of links that is followed. Linux follows as many. Source: path_resolution(7).
const MAX_LINKS: usize = 40;

/// A folder is opened to find entries in it: it need not be readable for that. Source: open(2), `O_PATH`.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
/// Source: macOS' `sys/fcntl.h`, `O_SEARCH`.
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::from_bits_retain(libc::O_SEARCH.cast_unsigned());

/// The handling of the last name and of folders that are missing.
#[derive(Clone, Copy, Default)]
pub struct WalkOptions {
    /// A link in the last place is an entry like any other.
    pub keeps_last_link: bool,
    /// Folders that are missing are made, for this user alone.
    pub makes_folders: bool,
}

/// A step of the way.
pub enum WayStep<'a> {
    Folder {
        path: &'a Path,
        owner: Owner,
        opened: BorrowedFd<'a>,
    },
    Link {
        path: &'a Path,
        owner: Owner,
        /// Others may put links into its folder.
        is_in_shared_folder: bool,
    },
}

/// The place that a path leads to: a name in an open folder.
pub struct PathEntry {
    pub folder: OwnedFd,
    /// Without links in it.
    pub path: PathBuf,
    pub name: OsString,
    /// The owner of the entry itself, also of a link; `None` where there is none.
    pub found: Option<Owner>,
}

/// Refuses the links of others than this user and root.
///
/// # Errors
/// For such a link.
pub fn refuse_foreign_links(step: &WayStep) -> io::Result<()> {
    match step {
        WayStep::Link { path, owner, .. } if !owner.is_own() => Err(foreign_link(path, owner)),
        WayStep::Link { .. } | WayStep::Folder { .. } => Ok(()),
    }
}

/// The error for a link that is not followed.
pub fn foreign_link(path: &Path, owner: &Owner) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, text::foreign_link(path.display(), owner.uid))
}

/// Walks `path` and shows each step to `visit`, which may end the walk with an error.
///
/// # Errors
/// When a folder on the way is missing or cannot be searched, or `path` names a folder by `/` or `..`.
pub fn walk(
    path: &Path,
    options: WalkOptions,
    visit: &mut dyn FnMut(&WayStep) -> io::Result<()>,
) -> io::Result<PathEntry> {
    let mut walk = Walk::begin(path.is_absolute(), visit)?;
    let mut names = names(path);
    let mut links = 0;
    while let Some(name) = names.pop() {
        let is_last = names.is_empty();
        if name == ".." {
            walk.enter(&name, visit)?;
            continue;
        }
        let found = match statat(&walk.folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Some(Owner::from(&found)),
            Err(Errno::NOENT) if is_last => None,
            Err(Errno::NOENT) if options.makes_folders => {
                match mkdirat(&walk.folder, &name, Mode::RWXU) {
                    // Another thread or process was quicker. It is judged as one that was there.
                    Ok(()) | Err(Errno::EXIST) => walk.enter(&name, visit)?,
                    Err(error) => return Err(error.into()),
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let link = found.filter(|found| found.file_type == FileType::Symlink);
        match link.filter(|_| !(is_last && options.keeps_last_link)) {
            Some(link) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = walk.read_link(&name, link, visit)?;
                if target.is_absolute() {
                    walk = Walk::begin(true, visit)?;
                }
                names.extend(self::names(&target));
            }
            None if is_last => return Ok(PathEntry { folder: walk.folder, path: walk.path, name, found }),
            None => walk.enter(&name, visit)?,
        }
    }
    Err(Errno::ISDIR.into())
}

/// The names of a path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.collect()
}

/// The folder that was reached.
struct Walk {
    folder: OwnedFd,
    path: PathBuf,
    owner: Owner,
}

impl Walk {
    fn begin(is_absolute: bool, visit: &mut dyn FnMut(&WayStep) -> io::Result<()>) -> io::Result<Walk> {
        // For messages: a folder that was removed has no path.
        let path = if is_absolute { "/".into() } else { std::env::current_dir().unwrap_or_else(|_| ".".into()) };
        Walk::at(open_folder(CWD, if is_absolute { "/" } else { "." }.as_ref())?, path, visit)
    }

    fn at(folder: OwnedFd, path: PathBuf, visit: &mut dyn FnMut(&WayStep) -> io::Result<()>) -> io::Result<Walk> {
        let owner = Owner::from(&fstat(&folder)?);
        visit(&WayStep::Folder { path: &path, owner, opened: folder.as_fd() })?;
        Ok(Walk { folder, path, owner })
    }

    fn enter(&mut self, name: &OsStr, visit: &mut dyn FnMut(&WayStep) -> io::Result<()>) -> io::Result<()> {
        let mut path = self.path.clone();
        if name == ".." {
            path.pop();
        } else {
            path.push(name);
        }
        *self = Walk::at(open_folder(self.folder.as_fd(), name)?, path, visit)?;
        Ok(())
    }

    fn read_link(
        &self,
        name: &OsStr,
        link: Owner,
        visit: &mut dyn FnMut(&WayStep) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let is_in_shared_folder = self.owner.is_writable_by_others(Opened::Folder(self.folder.as_fd()));
        visit(&WayStep::Link { path: &self.path.join(name), owner: link, is_in_shared_folder })?;
        let target = readlinkat(&self.folder, name, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }
}

fn open_folder(within: BorrowedFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = SEARCH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(within, name, flags, Mode::empty())?)
}
