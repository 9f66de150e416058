//! Trust in files: whether somebody else could have written a file, or have chosen which one is read.
//!
//! A path is walked once, link by link ([`walk`]); each folder and link on it, and the file itself by its open descriptor
//! ([`opening`]), are judged by owner and mode ([`owner`]); and a file that others could write once stays untrusted
//! ([`marks`]). [`settings_trust`] is the verdict on a settings file.

pub mod access_list;
pub mod marks;
pub mod opening;
pub mod owner;
pub mod settings_trust;
pub mod walk;
