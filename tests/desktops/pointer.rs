//! A pointer for sway without a mouse: a client of `wlr-virtual-pointer-unstable-v1`, as far as clicks take.
//!
//! Source: the Wayland protocol, "Wire Format"; `wayland.xml`; `wlr-virtual-pointer-unstable-v1.xml`.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// The objects of this client, by the order in which it makes them.
const DISPLAY: u32 = 1;
const REGISTRY: u32 = 2;
const CALLBACK: u32 = 3;
const MANAGER: u32 = 4;
const POINTER: u32 = 5;

/// The buttons, by `linux/input-event-codes.h`.
const BTN_RIGHT: u32 = 0x111;
const BTN_LEFT: u32 = 0x110;

/// A button of the pointer.
#[derive(Clone, Copy)]
pub enum Button {
    Left,
    Right,
}

/// A pointer on a screen of `width` by `height` pixels.
pub struct Pointer {
    stream: UnixStream,
    width: u32,
    height: u32,
    /// Milliseconds: each event has a later time than the one before.
    time: u32,
}

impl Pointer {
    /// Connects to the compositor at `socket`.
    pub fn connect(socket: &Path, width: u32, height: u32) -> Pointer {
        let stream = UnixStream::connect(socket).unwrap();
        let mut pointer = Pointer { stream, width, height, time: 0 };
        pointer.send(DISPLAY, 1, &words(&[REGISTRY]));
        pointer.send(DISPLAY, 0, &words(&[CALLBACK]));
        let manager = pointer.read_manager();
        let mut bind = words(&[manager]);
        bind.extend(string("zwlr_virtual_pointer_manager_v1"));
        bind.extend(words(&[1, MANAGER]));
        pointer.send(REGISTRY, 0, &bind);
        pointer.send(MANAGER, 0, &words(&[0, POINTER]));
        pointer
    }

    /// The name of the manager in the registry. The callback comes after the last global object.
    fn read_manager(&mut self) -> u32 {
        let mut manager = None;
        loop {
            let mut header = [0; 8];
            self.stream.read_exact(&mut header).unwrap();
            let [sender, size] = [&header[..4], &header[4..]].map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
            let mut body = vec![0; (size >> 16) as usize - header.len()];
            self.stream.read_exact(&mut body).unwrap();
            if sender == CALLBACK {
                return manager.expect("sway offers virtual pointers");
            }
            if sender == REGISTRY && body.windows(31).any(|window| window == b"zwlr_virtual_pointer_manager_v1") {
                manager = Some(u32::from_ne_bytes(body[..4].try_into().unwrap()));
            }
        }
    }

    /// Moves it to this pixel.
    pub fn move_to(&mut self, (x, y): (u32, u32)) {
        self.time += 10;
        let motion = words(&[self.time, x, y, self.width, self.height]);
        self.send(POINTER, 1, &motion);
        self.send(POINTER, 4, &[]);
    }

    /// Moves it to this pixel, presses the button and lets go.
    pub fn click(&mut self, at: (u32, u32), button: Button) {
        // The first motion enters the surface below; the second is seen by it.
        self.move_to((at.0 + 1, at.1));
        self.move_to(at);
        let code = match button {
            Button::Left => BTN_LEFT,
            Button::Right => BTN_RIGHT,
        };
        for state in [1, 0] {
            self.time += 50;
            let press = words(&[self.time, code, state]);
            self.send(POINTER, 2, &press);
            self.send(POINTER, 4, &[]);
        }
    }

    fn send(&mut self, object: u32, opcode: u32, body: &[u8]) {
        let size = 8 + body.len() as u32;
        let mut message = words(&[object, size << 16 | opcode]);
        message.extend(body);
        self.stream.write_all(&message).unwrap();
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// A string: its length with the zero at its end, and padded to whole words.
fn string(text: &str) -> Vec<u8> {
    let mut bytes = words(&[text.len() as u32 + 1]);
    bytes.extend(text.as_bytes());
    bytes.push(0);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
