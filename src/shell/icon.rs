//! The mark: a disc crossed by the load line, as on a ship's hull. Where the panel shows the icon alone, two bars stand
//! for the levels of CPU and memory, each crossed by its load line.
//!
//! Drawn at 44 pixels with every edge on an even pixel, so that it is crisp at 22 points on both kinds of display.

use anyhow::{Context, Result};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};
use tray_icon::{Icon, TrayIcon};

use super::platform;
use crate::model::view::{Bar, Glyph, LEVELS};

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
        drawn => {
            let picture = draw(drawn).context("could not draw the icon")?;
            Some(Icon::from_rgba(straight_rgba(&picture), SIZE, SIZE)?)
        }
    };
    // A template is coloured by the menu bar, light or dark; an alert brings its own colour.
    #[cfg(target_os = "macos")]
    if drawing != (Drawing::Mark { is_alert: true }) {
        return Ok(item.set_icon_templated(icon)?);
    }
    Ok(item.set_icon(icon)?)
}

/// Visible on a light and on a dark panel alike.
const TRACK: [u8; 4] = [138, 142, 150, 140];
const LEVEL: [u8; 4] = [46, 134, 222, 255];
const ALERT: [u8; 4] = [226, 61, 48, 255];
const LINE: [u8; 4] = [138, 142, 150, 255];
const INK: [u8; 4] = [0, 0, 0, 255];

fn draw(drawing: Drawing) -> Option<Pixmap> {
    let mut picture = Pixmap::new(SIZE, SIZE)?;
    match drawing {
        Drawing::Empty => {}
        Drawing::Mark { is_alert } => mark(&mut picture, is_alert)?,
        Drawing::Bars([Some(cpu), Some(memory)]) => {
            bar(&mut picture, &cpu, 6.0)?;
            bar(&mut picture, &memory, 26.0)?;
        }
        Drawing::Bars([Some(one), None] | [None, Some(one)]) => bar(&mut picture, &one, 16.0)?,
        Drawing::Bars([None, None]) => {}
    }
    Some(picture)
}

/// Top and height of a bar, pixels; ten levels of four.
const BAR_TOP: f32 = 2.0;
const BAR_HEIGHT: f32 = 40.0;
const BAR_WIDTH: f32 = 12.0;
/// How far the load line reaches beyond its bar, and how thick it is.
const LINE_OVERHANG: f32 = 4.0;
const LINE_THICKNESS: f32 = 2.0;

fn bar(picture: &mut Pixmap, bar: &Bar, left: f32) -> Option<()> {
    fill(picture, left, BAR_TOP, BAR_WIDTH, BAR_HEIGHT, TRACK)?;
    let height = BAR_HEIGHT * f32::from(bar.level.unwrap_or(0)) / f32::from(LEVELS);
    if height > 0.0 {
        let colour = if bar.is_alert { ALERT } else { LEVEL };
        fill(picture, left, BAR_TOP + BAR_HEIGHT - height, BAR_WIDTH, height, colour)?;
    }
    let Some(threshold) = bar.threshold else {
        return Some(());
    };
    let above_bottom = BAR_HEIGHT * f32::from(threshold.get()) / 100.0;
    // On an even pixel, and within the picture at 100 %.
    let top = ((BAR_TOP + BAR_HEIGHT - above_bottom) / 2.0).round() * 2.0 - LINE_THICKNESS / 2.0;
    let top = (top / 2.0).floor() * 2.0;
    fill(picture, left - LINE_OVERHANG, top, BAR_WIDTH + 2.0 * LINE_OVERHANG, LINE_THICKNESS, LINE)
}

/// The load-line mark: a ring crossed by a line; filled while an alert fires.
fn mark(picture: &mut Pixmap, is_alert: bool) -> Option<()> {
    let centre = SIZE as f32 / 2.0;
    let ring = PathBuilder::from_circle(centre, centre, 13.0)?;
    let mut paint = paint(if is_alert { ALERT } else { INK });
    if is_alert {
        picture.fill_path(&ring, &paint, FillRule::Winding, Transform::identity(), None);
    }
    let stroke = Stroke { width: 4.0, ..Stroke::default() };
    picture.stroke_path(&ring, &paint, &stroke, Transform::identity(), None);
    if is_alert {
        // The line is cut out of the disc, and goes on outside of it.
        paint.blend_mode = tiny_skia::BlendMode::Clear;
        picture.fill_rect(Rect::from_xywh(8.0, centre - 2.0, 28.0, 4.0)?, &paint, Transform::identity(), None);
        fill(picture, 2.0, centre - 2.0, 6.0, 4.0, ALERT)?;
        return fill(picture, 36.0, centre - 2.0, 6.0, 4.0, ALERT);
    }
    fill(picture, 2.0, centre - 2.0, 40.0, 4.0, INK)
}

fn fill(picture: &mut Pixmap, x: f32, y: f32, width: f32, height: f32, colour: [u8; 4]) -> Option<()> {
    picture.fill_rect(Rect::from_xywh(x, y, width, height)?, &paint(colour), Transform::identity(), None);
    Some(())
}

fn paint([red, green, blue, alpha]: [u8; 4]) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(Color::from_rgba8(red, green, blue, alpha));
    paint
}

/// tiny-skia multiplies colours by alpha; icons want them straight.
fn straight_rgba(picture: &Pixmap) -> Vec<u8> {
    let straight = |pixel: &tiny_skia::PremultipliedColorU8| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    };
    picture.pixels().iter().flat_map(straight).collect()
}
