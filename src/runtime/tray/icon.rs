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

/// What a picture of the mark depends on, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drawing {
    /// Nothing at all.
    Empty,
    /// The mark alone: black, to be coloured by the menu bar; or filled in the colour of an alert.
    Mark {
        /// Whether an alert is firing.
        is_alert: bool,
    },
    /// One or two bars.
    Bars([Option<Bar>; 2]),
}

impl Drawing {
    /// How `glyph` is drawn on this system.
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

/// Gives the tray item its picture.
///
/// # Errors
/// When the desktop refuses it.
pub fn put(item: &TrayIcon, drawing: Drawing) -> Result<()> {
    let icon = match drawing {
        Drawing::Empty => None,
        drawn => Some(Icon::from_rgba(draw(drawn).into_rgba(), SIZE, SIZE)?),
    };
    // A template is coloured by the menu bar, light or dark; an alert brings its own colour.
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
    let mut picture = Canvas::new(SIZE, SIZE);
    match drawing {
        Drawing::Empty | Drawing::Bars([None, None]) => {}
        Drawing::Mark { is_alert } => mark(&mut picture, is_alert),
        Drawing::Bars([Some(cpu), Some(memory)]) => {
            bar(&mut picture, &cpu, 6);
            bar(&mut picture, &memory, 26);
        }
        Drawing::Bars([Some(one), None] | [None, Some(one)]) => bar(&mut picture, &one, 16),
    }
    picture
}

/// Top and height of a bar, pixels; ten levels of four.
const BAR_TOP: u32 = 2;
const BAR_HEIGHT: u32 = 40;
const BAR_WIDTH: u32 = 12;
/// How far the load line reaches beyond its bar, and how thick it is.
const LINE_OVERHANG: u32 = 4;
const LINE_THICKNESS: u32 = 2;

fn bar(picture: &mut Canvas, bar: &Bar, left: u32) {
    picture.fill(Rect { left, top: BAR_TOP, width: BAR_WIDTH, height: BAR_HEIGHT }, TRACK);
    let height = BAR_HEIGHT * u32::from(bar.level.unwrap_or(0)) / u32::from(LEVELS);
    let colour = if bar.is_alert { ALERT } else { LEVEL };
    picture.fill(Rect { left, top: BAR_TOP + BAR_HEIGHT - height, width: BAR_WIDTH, height }, colour);
    if let Some(threshold) = bar.threshold {
        let left = left - LINE_OVERHANG;
        let width = BAR_WIDTH + 2 * LINE_OVERHANG;
        picture.fill(Rect { left, top: line_top(threshold.get()), width, height: LINE_THICKNESS }, LINE);
    }
}

/// On an even pixel, and within the picture at 100 %.
fn line_top(percent: u8) -> u32 {
    let from_top = f64::from(BAR_TOP + BAR_HEIGHT) - f64::from(BAR_HEIGHT) * f64::from(percent) / 100.0;
    let nearest_even = (from_top / 2.0).round() as u32 * 2;
    (nearest_even - LINE_THICKNESS / 2) / 2 * 2
}

/// The load-line mark: a ring crossed by a line; filled while an alert fires.
fn mark(picture: &mut Canvas, is_alert: bool) {
    let centre = SIZE / 2;
    let line = |left, width| Rect { left, top: centre - 2, width, height: 4 };
    if is_alert {
        // The line is cut out of the disc, and goes on outside of it.
        picture.ring(centre, 0, 15, ALERT);
        picture.clear(line(8, 28));
        picture.fill(line(2, 6), ALERT);
        return picture.fill(line(36, 6), ALERT);
    }
    picture.ring(centre, 11, 15, INK);
    picture.fill(line(2, 40), INK);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_line_stands_on_an_even_pixel_within_the_picture() {
        for percent in 1..=100 {
            let top = line_top(percent);
            assert!(top.is_multiple_of(2) && top + LINE_THICKNESS <= SIZE, "{percent}%: {top}");
        }
        assert_eq!([100, 80, 50, 1].map(line_top), [0, 8, 20, 40]);
    }
}
