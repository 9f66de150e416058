//! The icon: two bars for the levels of CPU and memory, each crossed by its load line; or the percentages (`numbers.rs`); or the
//! mark, a disc crossed by the load line, as on a ship's hull.
//!
//! Bars and mark are drawn at 44 pixels with every edge on an even pixel, so that they are crisp at 22 points on both kinds of
//! display; for other sizes each edge is put on the nearest pixel.

use anyhow::Result;
use tray_icon::TrayIcon;

use super::canvas::{Canvas, Colour, Rect};
use super::numbers::{self, Number};
use crate::core::settings::IconStyle;
use crate::core::tray::view::{Bar, Glyph, LEVELS};
use crate::runtime::platform::{self, IconFiles};

/// Width and height of the picture for which bars and mark are drawn, pixels.
const SIZE: u32 = 44;

/// All that a picture of the icon depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drawing {
    Empty,
    /// The mark alone, or filled in the colour of an alert. On macOS black, for the menu bar to colour.
    Mark {
        is_alert: bool,
    },
    Bars([Option<Bar>; 2]),
    Numbers([Option<Number>; 2]),
}

impl Drawing {
    /// The drawing of `glyph` on this system.
    pub fn of(glyph: &Glyph) -> Drawing {
        let bars = [glyph.cpu, glyph.memory];
        let shows_levels = platform::SHOWS_LEVELS_IN_ICON && bars.iter().any(Option::is_some);
        match glyph.style {
            IconStyle::Numbers if shows_levels => {
                let number =
                    |(bar, percent): (Option<Bar>, _)| bar.map(|Bar { is_alert, .. }| Number { percent, is_alert });
                let [cpu, memory] = [0, 1].map(|n: usize| number((bars[n], glyph.percents[n])));
                Drawing::Numbers([cpu, memory])
            }
            IconStyle::Bars if shows_levels => Drawing::Bars(bars),
            IconStyle::Off if platform::ICON_CAN_BE_HIDDEN => Drawing::Empty,
            _ => Drawing::Mark { is_alert: glyph.is_alert },
        }
    }
}

/// Sets the picture of the tray item. `files` holds the pictures that panels read.
#[cfg(target_os = "linux")]
pub fn set_icon(item: &TrayIcon, files: &mut IconFiles, drawing: Drawing) -> Result<()> {
    let picture = |wanted| {
        let size = numbers::size_for(wanted);
        png(draw(drawing, size), size)
    };
    Ok(files.show(item, &name(drawing), picture)?)
}

/// Sets the picture of the tray item.
#[cfg(target_os = "macos")]
pub fn set_icon(item: &TrayIcon, _files: &mut IconFiles, drawing: Drawing) -> Result<()> {
    let is_drawn = drawing != Drawing::Empty;
    let rgba = || draw(drawing, SIZE).into_rgba();
    let icon = is_drawn.then(|| tray_icon::Icon::from_rgba(rgba(), SIZE, SIZE)).transpose()?;
    // The menu bar colours a template, light or dark; an alert has its own colour.
    if drawing != (Drawing::Mark { is_alert: true }) {
        return Ok(item.set_icon_templated(icon)?);
    }
    Ok(item.set_icon(icon)?)
}

/// The picture as a PNG.
#[cfg(target_os = "linux")]
fn png(canvas: Canvas, size: u32) -> std::io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size, size);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    // A picture is written for almost every reading at times, and is small anyway: a filter of its rows, which makes it smaller
    // still, would be half of the work.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::NoFilter);
    let write = |mut writer: png::Writer<_>| writer.write_image_data(&canvas.into_rgba());
    encoder.write_header().and_then(write)?;
    Ok(file)
}

/// The name of a picture: `loadline-c23-m61r` for numbers, with `r` where it is red.
#[cfg(any(target_os = "linux", test))]
fn name(drawing: Drawing) -> String {
    let red = |is_alert| if is_alert { "r" } else { "" };
    let both = |[cpu, memory]: [Option<String>; 2]| {
        let part = |letter, text: Option<String>| text.map_or_else(String::new, |text| format!("-{letter}{text}"));
        format!("loadline{}{}", part('c', cpu), part('m', memory))
    };
    let known = |value: Option<u8>| value.map_or_else(|| "x".into(), |value| value.to_string());
    match drawing {
        Drawing::Empty => "loadline-empty".into(),
        Drawing::Mark { is_alert } => format!("loadline-mark{}", red(is_alert)),
        Drawing::Numbers(numbers) => both(numbers.map(|number| {
            let Number { percent, is_alert } = number?;
            Some(format!("{}{}", known(percent), red(is_alert)))
        })),
        Drawing::Bars(bars) => both(bars.map(|bar| {
            let Bar { level, threshold, is_alert } = bar?;
            let line = threshold.map(|threshold| threshold.get());
            Some(format!("{}of{}{}", known(level), known(line), red(is_alert)))
        })),
    }
}

/// Visible on a light and on a dark panel alike.
const TRACK: Colour = [138, 142, 150, 140];
const LEVEL: Colour = [46, 134, 222, 255];
const ALERT: Colour = [226, 61, 48, 255];
const LINE: Colour = [138, 142, 150, 255];

fn draw(drawing: Drawing, size: u32) -> Canvas {
    if let Drawing::Numbers(numbers) = drawing {
        return numbers::draw(numbers, size);
    }
    let mut canvas = Canvas::new(size, size);
    match drawing {
        Drawing::Empty | Drawing::Numbers(_) | Drawing::Bars([None, None]) => {}
        Drawing::Mark { is_alert } => mark(&mut canvas, size, is_alert),
        Drawing::Bars([Some(cpu), Some(memory)]) => {
            bar(&mut canvas, size, &cpu, 6);
            bar(&mut canvas, size, &memory, 26);
        }
        Drawing::Bars([Some(one), None] | [None, Some(one)]) => bar(&mut canvas, size, &one, 16),
    }
    canvas
}

/// A box of the picture of [`SIZE`] in one of this size.
fn scaled(area: Rect, size: u32) -> Rect {
    let edge = |at: u32| (at * size + SIZE / 2) / SIZE;
    let (left, top) = (edge(area.left), edge(area.top));
    Rect { left, top, width: edge(area.left + area.width) - left, height: edge(area.top + area.height) - top }
}

/// Top, height (ten levels of four) and width of a bar, pixels.
const BAR_TOP: u32 = 2;
const BAR_HEIGHT: u32 = 40;
const BAR_WIDTH: u32 = 12;
/// The load line's length beyond its bar, and its thickness, pixels.
const LINE_OVERHANG: u32 = 4;
const LINE_THICKNESS: u32 = 2;

fn bar(canvas: &mut Canvas, size: u32, bar: &Bar, left: u32) {
    let mut fill = |area, colour| canvas.fill(scaled(area, size), colour);
    fill(Rect { left, top: BAR_TOP, width: BAR_WIDTH, height: BAR_HEIGHT }, TRACK);
    let height = BAR_HEIGHT * u32::from(bar.level.unwrap_or(0)) / u32::from(LEVELS);
    let colour = if bar.is_alert { ALERT } else { LEVEL };
    fill(Rect { left, top: BAR_TOP + BAR_HEIGHT - height, width: BAR_WIDTH, height }, colour);
    if let Some(threshold) = bar.threshold {
        let (left, width) = (left - LINE_OVERHANG, BAR_WIDTH + 2 * LINE_OVERHANG);
        fill(Rect { left, top: line_top(threshold.get()), width, height: LINE_THICKNESS }, LINE);
    }
}

/// The top of the load line: an even pixel, and within the canvas at 100 %.
fn line_top(percent: u8) -> u32 {
    let from_top = f64::from(BAR_TOP + BAR_HEIGHT) - f64::from(BAR_HEIGHT) * f64::from(percent) / 100.0;
    let nearest_even = (from_top / 2.0).round() as u32 * 2;
    (nearest_even - LINE_THICKNESS / 2) / 2 * 2
}

/// A ring crossed by a line; on Linux white on the plate of the numbers, which is red while an alert fires. On macOS black, and
/// while an alert fires a red disc, out of which the line is cut.
fn mark(canvas: &mut Canvas, size: u32, is_alert: bool) {
    let line = |left, width| scaled(Rect { left, top: SIZE / 2 - 2, width, height: 4 }, size);
    let scale = |length: u32| length * size / SIZE;
    let centre = size / 2;
    if platform::SHOWS_LEVELS_IN_ICON {
        numbers::draw_plate(canvas, size, is_alert);
        canvas.ring(centre, scale(8), scale(12), numbers::INK);
        return canvas.fill(line(5, 34), numbers::INK);
    }
    if is_alert {
        canvas.ring(centre, 0, scale(15), ALERT);
        canvas.clear(line(8, 28));
        canvas.fill(line(2, 6), ALERT);
        return canvas.fill(line(36, 6), ALERT);
    }
    canvas.ring(centre, scale(11), scale(15), BLACK);
    canvas.fill(line(2, 40), BLACK);
}

/// The colour of a picture that the menu bar colours itself.
const BLACK: Colour = [0, 0, 0, 255];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::core::metrics::metric::Percent;

    #[test]
    fn the_load_line_stands_on_an_even_pixel_within_the_canvas() {
        for percent in 1..=100 {
            let top = line_top(percent);
            assert!(top.is_multiple_of(2) && top + LINE_THICKNESS <= SIZE, "{percent}%: {top}");
        }
        assert_eq!([100, 80, 50, 1].map(line_top), [0, 8, 20, 40]);
    }
    #[test]
    fn a_picture_is_called_by_all_that_it_shows() {
        let number = |percent, is_alert| Some(Number { percent, is_alert });
        let numbers = |cpu, memory| name(Drawing::Numbers([cpu, memory]));
        assert_eq!(numbers(number(Some(23), false), number(Some(61), true)), "loadline-c23-m61r");
        assert_eq!(numbers(number(None, false), None), "loadline-cx");
        assert_eq!(numbers(None, number(Some(100), false)), "loadline-m100");
        let bar = |level, is_alert| Some(Bar { level, threshold: Percent::new(80), is_alert });
        assert_eq!(name(Drawing::Bars([bar(Some(2), true), bar(None, false)])), "loadline-c2of80r-mxof80");
        assert_eq!(name(Drawing::Mark { is_alert: true }), "loadline-markr");
    }

    #[test]
    fn the_mark_stands_out_from_its_plate() {
        for size in numbers::SIZES {
            for (is_alert, plate) in [(false, numbers::PLATE), (true, numbers::PLATE_ALERT)] {
                let rgba = draw(Drawing::Mark { is_alert }, size).into_rgba();
                let (pixels, _) = rgba.as_chunks::<4>();
                let count = |colour| pixels.iter().filter(|pixel| **pixel == colour).count();
                assert!(count(numbers::INK) >= size as usize, "{size}");
                assert!(count(plate) > count(numbers::INK), "{size}");
            }
        }
    }

    #[test]
    fn bars_of_every_size_have_all_their_levels() {
        for size in numbers::SIZES {
            let picture = |level| {
                let bar = Some(Bar { level: Some(level), threshold: None, is_alert: false });
                draw(Drawing::Bars([bar, bar]), size).into_rgba()
            };
            let pictures: BTreeSet<_> = (0..=LEVELS).map(picture).collect();
            assert_eq!(pictures.len(), usize::from(LEVELS) + 1, "{size}");
        }
    }
}
