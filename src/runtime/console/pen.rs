//! Writes lines to what is open: whole ones, whatever refuses them in between.

use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Writes whole lines.
pub struct Pen {
    to: Box<dyn Write + Send>,
    /// The rest of a line whose beginning is written: no other comes before it, so that none is cut.
    begun: Vec<u8>,
}

impl Pen {
    /// Lines go to `to`, which has no buffer.
    pub fn new(to: impl Write + Send + 'static) -> Pen {
        Pen { to: Box::new(to), begun: Vec::new() }
    }

    /// Writes a line, in one piece: others may write to the same place. A line that is refused at its very beginning is given up.
    ///
    /// # Errors
    /// What the system says.
    pub fn write(&mut self, line: &str) -> io::Result<()> {
        let mut all = std::mem::take(&mut self.begun);
        let begun = all.len();
        all.extend_from_slice(line.as_bytes());
        all.push(b'\n');
        let mut written = 0;
        let result = loop {
            let Some(rest) = all.get(written..).filter(|rest| !rest.is_empty()) else { break Ok(()) };
            match self.to.write(rest) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) => break Err(error),
            }
        };
        if written <= begun {
            all.truncate(begun);
        }
        all.drain(..written);
        self.begun = all;
        result
    }
}

/// What is open, without a buffer or a lock of our own. It waits also where whoever shares it has set it to refuse instead
/// (`O_NONBLOCK`).
pub struct Descriptor<F>(pub F);

impl<F: AsFd> Write for Descriptor<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.0, bytes) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                },
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Takes so many bytes in all, and then refuses.
    struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (room, held) = &mut *self.0.lock().unwrap();
            let count = bytes.len().min(*room);
            *room -= count;
            held.extend_from_slice(&bytes[..count]);
            if count == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(count) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_is_begun_is_ended_before_the_next() {
        let disk = Arc::new(Mutex::new((6, Vec::new())));
        let mut pen = Pen::new(Disk(Arc::clone(&disk)));
        pen.write("one").unwrap();
        for (room, line) in [(0, "two"), (2, "lost"), (0, "lost")] {
            assert_eq!(pen.write(line).unwrap_err().kind(), ErrorKind::StorageFull);
            disk.lock().unwrap().0 = room;
        }
        assert!(pen.write("lost").is_err());
        disk.lock().unwrap().0 = 100;
        pen.write("three").unwrap();
        assert_eq!(String::from_utf8_lossy(&disk.lock().unwrap().1), "one\ntwo\nthree\n");
    }
}
