//! The mark: a disc crossed by the load line, as on a ship's hull. Where the panel shows the icon alone, two bars stand
//! for the levels of CPU and memory, each crossed by its load line.
//!
//! Drawn at 44 pixels with every edge on an even pixel, so that it is crisp at 22 points on both kinds of display.

use anyhow::Result;
use tray_icon::{Icon, TrayIcon};

use super::canvas::{Canvas, Colour, Rect};
use crate::core::tray::view::{Bar, Glyph, LEVELS};
use crate::runtime::platform;

/// Width and height of the picture, pixels.
const SIZE: u32 = 44;

/// All that a picture of the mark depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drawing {
    Empty,
    /// The mark alone: black, for the menu bar to colour, or filled in the colour of an alert.
    Mark {
        is_alert: bool,
    },
    Bars([Option<Bar>; 2]),
}

impl Drawing {
    /// The drawing of `glyph` on this system.
    pub fn of(glyph: &Glyph) -> Drawing {
        let bars = [glyph.cpu, glyph.memory];
        if platform::SHOWS_LEVELS_IN_ICON && bars.iter().any(Option::is_some) {
            Drawing::Bars(bars)
        } else if glyph.is_shown || !platform::ICON_CAN_BE_HIDDEN {
            Drawing::Mark { is_alert: glyph.is_alert }
        } else {
            Drawing::Empty
        }
    }
}

/// Sets the picture of the tray item.
pub fn set_icon(item: &TrayIcon, drawing: Drawing) -> Result<()> {
    let is_drawn = drawing != Drawing::Empty;
    let icon = is_drawn.then(|| Icon::from_rgba(draw(drawing).into_rgba(), SIZE, SIZE)).transpose()?;
    // The menu bar colours a template, light or dark; an alert has its own colour.
    #[cfg(target_os = "macos")]
    if drawing != (Drawing::Mark { is_alert: true }) {
        return Ok(item.set_icon_templated(icon)?);
    }
    Ok(item.set_icon(icon)?)
}

/// Visible on a light and on a dark panel alike.
const TRACK: Colour = [138, 142, 150, 140];
const LEVEL: Colour = [46, 134, 222, 255];
const ALERT: Colour = [226, 61, 48, 255];
const LINE: Colour = [138, 142, 150, 255];
const INK: Colour = [0, 0, 0, 255];

fn draw(drawing: Drawing) -> Canvas {
    let mut canvas = Canvas::new(SIZE, SIZE);
    match drawing {
        Drawing::Empty | Drawing::Bars([None, None]) => {}
        Drawing::Mark { is_alert } => mark(&mut canvas, is_alert),
        Drawing::Bars([Some(cpu), Some(memory)]) => {
            bar(&mut canvas, &cpu, 6);
            bar(&mut canvas, &memory, 26);
        }
        Drawing::Bars([Some(one), None] | [None, Some(one)]) => bar(&mut canvas, &one, 16),
    }
    canvas
}

/// Top, height (ten levels of four) and width of a bar, pixels.
const BAR_TOP: u32 = 2;
const BAR_HEIGHT: u32 = 40;
const BAR_WIDTH: u32 = 12;
/// The load line's length beyond its bar, and its thickness, pixels.
const LINE_OVERHANG: u32 = 4;
const LINE_THICKNESS: u32 = 2;

fn bar(canvas: &mut Canvas, bar: &Bar, left: u32) {
    canvas.fill(Rect { left, top: BAR_TOP, width: BAR_WIDTH, height: BAR_HEIGHT }, TRACK);
    let height = BAR_HEIGHT * u32::from(bar.level.unwrap_or(0)) / u32::from(LEVELS);
    let colour = if bar.is_alert { ALERT } else { LEVEL };
    canvas.fill(Rect { left, top: BAR_TOP + BAR_HEIGHT - height, width: BAR_WIDTH, height }, colour);
    if let Some(threshold) = bar.threshold {
        let (left, width) = (left - LINE_OVERHANG, BAR_WIDTH + 2 * LINE_OVERHANG);
        canvas.fill(Rect { left, top: line_top(threshold.get()), width, height: LINE_THICKNESS }, LINE);
    }
}

/// The top of the load line: an even pixel, and within the canvas at 100 %.
fn line_top(percent: u8) -> u32 {
    let from_top = f64::from(BAR_TOP + BAR_HEIGHT) - f64::from(BAR_HEIGHT) * f64::from(percent) / 100.0;
    let nearest_even = (from_top / 2.0).round() as u32 * 2;
    (nearest_even - LINE_THICKNESS / 2) / 2 * 2
}

/// A ring crossed by a line; filled while an alert fires.
fn mark(canvas: &mut Canvas, is_alert: bool) {
    let centre = SIZE / 2;
    let line = |left, width| Rect { left, top: centre - 2, width, height: 4 };
    if is_alert {
        // The line is cut out of the disc and continues outside of it.
        canvas.ring(centre, 0, 15, ALERT);
        canvas.clear(line(8, 28));
        canvas.fill(line(2, 6), ALERT);
        return canvas.fill(line(36, 6), ALERT);
    }
    canvas.ring(centre, 11, 15, INK);
    canvas.fill(line(2, 40), INK);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_line_stands_on_an_even_pixel_within_the_canvas() {
        for percent in 1..=100 {
            let top = line_top(percent);
            assert!(top.is_multiple_of(2) && top + LINE_THICKNESS <= SIZE, "{percent}%: {top}");
        }
        assert_eq!([100, 80, 50, 1].map(line_top), [0, 8, 20, 40]);
    }
}
