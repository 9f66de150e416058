//! The icon as numbers: the percentages on a plate, CPU above memory. Half of the plate is red while the alert of its metric
//! fires.
//!
//! Each size has digits of its own, of boxes on whole pixels, so that they are crisp. The plate makes them as legible on a
//! light panel as on a dark one.

use super::canvas::{Canvas, Colour, Rect};

/// A percentage on the plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// `None` when the value is not known.
    pub percent: Option<u8>,
    pub is_alert: bool,
}

/// The widths and heights for which there are digits, pixels.
pub const SIZES: [u32; 5] = [16, 22, 24, 32, 44];

/// The plate, its red, and the digits on both.
pub const PLATE: Colour = [34, 38, 43, 255];
pub const PLATE_ALERT: Colour = [200, 30, 24, 255];
pub const INK: Colour = [255, 255, 255, 255];

/// The digits of one size. All lengths are pixels.
struct Face {
    size: u32,
    /// The pixels that are cut off the first rows of the plate, at both ends of each row.
    corner: &'static [u32],
    /// The digits where both percentages are shown, and where one is.
    half: Digits,
    whole: Digits,
}

/// The height of the digits, and the thickness of their horizontal strokes.
struct Digits {
    height: u32,
    thickness: u32,
    /// For numbers below 100, and for 100.
    normal: Spacing,
    narrow: Spacing,
}

/// The widths of the digits, of the 1 in 100, of their vertical strokes and of the gap between them.
struct Spacing {
    width: u32,
    one: u32,
    stroke: u32,
    gap: u32,
}

const fn spacing(width: u32, one: u32, stroke: u32, gap: u32) -> Spacing {
    Spacing { width, one, stroke, gap }
}

const FACES: [Face; SIZES.len()] = [
    Face {
        size: 16,
        corner: &[1],
        half: Digits { height: 6, thickness: 1, normal: spacing(5, 5, 1, 2), narrow: spacing(5, 2, 1, 1) },
        whole: Digits { height: 10, thickness: 2, normal: spacing(6, 6, 2, 2), narrow: spacing(5, 2, 1, 1) },
    },
    Face {
        size: 22,
        corner: &[2, 1],
        half: Digits { height: 9, thickness: 1, normal: spacing(8, 8, 2, 2), narrow: spacing(7, 3, 2, 1) },
        whole: Digits { height: 14, thickness: 2, normal: spacing(8, 8, 2, 2), narrow: spacing(7, 3, 2, 1) },
    },
    Face {
        size: 24,
        corner: &[2, 1],
        half: Digits { height: 10, thickness: 2, normal: spacing(9, 9, 2, 2), narrow: spacing(7, 4, 2, 2) },
        whole: Digits { height: 16, thickness: 2, normal: spacing(9, 9, 3, 2), narrow: spacing(7, 4, 2, 2) },
    },
    Face {
        size: 32,
        corner: &[3, 2, 1],
        half: Digits { height: 12, thickness: 2, normal: spacing(11, 11, 3, 2), narrow: spacing(10, 4, 2, 2) },
        whole: Digits { height: 20, thickness: 3, normal: spacing(12, 12, 3, 2), narrow: spacing(10, 4, 3, 2) },
    },
    Face {
        size: 44,
        corner: &[4, 3, 2, 1],
        half: Digits { height: 18, thickness: 3, normal: spacing(15, 15, 4, 4), narrow: spacing(14, 6, 3, 2) },
        whole: Digits { height: 28, thickness: 4, normal: spacing(16, 16, 4, 4), narrow: spacing(14, 6, 4, 2) },
    },
];

/// The nearest size with digits of its own that is not smaller than `wanted`, else the largest.
pub fn size_for(wanted: u32) -> u32 {
    SIZES.into_iter().find(|size| *size >= wanted).unwrap_or(SIZES[SIZES.len() - 1])
}

/// Draws CPU and memory; `None` for one that is not shown. `size` is one of [`SIZES`], or else the nearest is taken.
pub fn draw(numbers: [Option<Number>; 2], size: u32) -> Canvas {
    let size = size_for(size);
    let mut canvas = Canvas::new(size, size);
    let Some(face) = FACES.iter().find(|face| face.size == size) else { return canvas };
    let half = |top| Rect { left: 0, top, width: size, height: size / 2 };
    match numbers {
        [Some(cpu), Some(memory)] => {
            draw_number(&mut canvas, cpu, half(0), &face.half);
            draw_number(&mut canvas, memory, half(size / 2), &face.half);
        }
        [Some(one), None] | [None, Some(one)] => {
            draw_number(&mut canvas, one, Rect { height: size, ..half(0) }, &face.whole);
        }
        [None, None] => canvas.fill(Rect { height: size, ..half(0) }, PLATE),
    }
    round_corners(&mut canvas, face.size, face.corner);
    canvas
}

/// Draws the plate of the size, all in one colour, for the mark.
pub fn draw_plate(canvas: &mut Canvas, size: u32, is_alert: bool) {
    let colour = if is_alert { PLATE_ALERT } else { PLATE };
    canvas.fill(Rect { left: 0, top: 0, width: size, height: size }, colour);
    if let Some(face) = FACES.iter().find(|face| face.size == size) {
        round_corners(canvas, size, face.corner);
    }
}

fn round_corners(canvas: &mut Canvas, size: u32, corner: &[u32]) {
    for (row, &cut) in (0..).zip(corner) {
        for top in [row, size - 1 - row] {
            for left in [0, size - cut] {
                canvas.clear(Rect { left, top, width: cut, height: 1 });
            }
        }
    }
}

fn draw_number(canvas: &mut Canvas, number: Number, area: Rect, digits: &Digits) {
    let plate = if number.is_alert { PLATE_ALERT } else { PLATE };
    canvas.fill(area, plate);
    let top = area.top + (area.height - digits.height) / 2;
    let percent = number.percent.map(|percent| percent.min(100));
    let values: &[Option<u8>] = match percent {
        None => &[None],
        Some(100) => &[Some(1), Some(0), Some(0)],
        Some(percent @ 10..) => &[Some(percent / 10), Some(percent % 10)],
        Some(percent) => &[Some(percent)],
    };
    let spacing = if values.len() > 2 { &digits.narrow } else { &digits.normal };
    let width = |value: Option<u8>| if value == Some(1) { spacing.one } else { spacing.width };
    let total = values.iter().map(|value| width(*value) + spacing.gap).sum::<u32>() - spacing.gap;
    let mut left = (area.width - total) / 2;
    for &value in values {
        let cell = Rect { left, top, width: width(value), height: digits.height };
        draw_digit(canvas, value, cell, (spacing.stroke, digits.thickness), plate);
        left += cell.width + spacing.gap;
    }
}

/// The strokes of a digit, as on a display of seven bars, and its round corners.
const TOP: u8 = 1;
const MIDDLE: u8 = 2;
const BOTTOM: u8 = 4;
const UPPER_LEFT: u8 = 8;
const UPPER_RIGHT: u8 = 16;
const LOWER_LEFT: u8 = 32;
const LOWER_RIGHT: u8 = 64;
const ALL: u8 = 127;

/// The strokes of the digits 0 to 9. The 1 is drawn in its own way.
const STROKES: [u8; 10] = [
    ALL - MIDDLE,
    0,
    ALL - UPPER_LEFT - LOWER_RIGHT,
    ALL - UPPER_LEFT - LOWER_LEFT,
    ALL - TOP - BOTTOM - LOWER_LEFT,
    ALL - UPPER_RIGHT - LOWER_LEFT,
    ALL - UPPER_RIGHT,
    TOP + UPPER_RIGHT + LOWER_RIGHT,
    ALL,
    ALL - LOWER_LEFT,
];

/// The round corners of the digits 0 to 9, named like the strokes at whose outer ends they are; `MIDDLE_*` are where the loops
/// meet.
const TOP_LEFT: u8 = 1;
const TOP_RIGHT: u8 = 2;
const BOTTOM_LEFT: u8 = 4;
const BOTTOM_RIGHT: u8 = 8;
/// The lower corners of the upper loop, and the upper corners of the lower one.
const WAIST_LEFT_LOW: u8 = 16;
const WAIST_RIGHT_LOW: u8 = 32;
const WAIST_LEFT_HIGH: u8 = 64;
const WAIST_RIGHT_HIGH: u8 = 128;

const ROUND: [u8; 10] = [
    TOP_LEFT + TOP_RIGHT + BOTTOM_LEFT + BOTTOM_RIGHT,
    0,
    TOP_RIGHT + WAIST_RIGHT_LOW + WAIST_LEFT_HIGH,
    TOP_RIGHT + BOTTOM_RIGHT,
    0,
    BOTTOM_RIGHT + WAIST_LEFT_LOW + WAIST_RIGHT_HIGH,
    TOP_LEFT + BOTTOM_LEFT + BOTTOM_RIGHT + WAIST_RIGHT_HIGH,
    0,
    TOP_LEFT + TOP_RIGHT + BOTTOM_LEFT + BOTTOM_RIGHT,
    TOP_LEFT + TOP_RIGHT + BOTTOM_RIGHT + WAIST_LEFT_LOW,
];

/// Draws a digit, or a dash for `None`, into `cell`. `thickness`: of vertical and of horizontal strokes.
fn draw_digit(canvas: &mut Canvas, value: Option<u8>, cell: Rect, thickness: (u32, u32), plate: Colour) {
    let (across, along) = thickness;
    let middle = cell.top + (cell.height - along) / 2;
    let (right, bottom) = (cell.left + cell.width - across, cell.top + cell.height);
    let Some(value) = value else {
        return canvas.fill(Rect { top: middle, height: along, ..cell }, INK);
    };
    if value == 1 {
        let stem = cell.left + (cell.width - across).div_ceil(2);
        canvas.fill(Rect { left: stem, width: across, ..cell }, INK);
        let flag = across.min(stem - cell.left).max(1);
        return canvas
            .fill(Rect { left: stem.saturating_sub(flag), top: cell.top + along, width: flag, height: along }, INK);
    }
    let strokes = STROKES[usize::from(value % 10)];
    let upright = |left, top, end| Rect { left, top, width: across, height: end - top };
    let level = |top| Rect { top, height: along, ..cell };
    for (stroke, area) in [
        (TOP, level(cell.top)),
        (MIDDLE, level(middle)),
        (BOTTOM, level(bottom - along)),
        (UPPER_LEFT, upright(cell.left, cell.top, middle + along)),
        (UPPER_RIGHT, upright(right, cell.top, middle + along)),
        (LOWER_LEFT, upright(cell.left, middle, bottom)),
        (LOWER_RIGHT, upright(right, middle, bottom)),
    ] {
        if strokes & stroke != 0 {
            canvas.fill(area, INK);
        }
    }
    let last = cell.left + cell.width - 1;
    let round = ROUND[usize::from(value % 10)];
    for (corner, left, top) in [
        (TOP_LEFT, cell.left, cell.top),
        (TOP_RIGHT, last, cell.top),
        (BOTTOM_LEFT, cell.left, bottom - 1),
        (BOTTOM_RIGHT, last, bottom - 1),
        (WAIST_LEFT_LOW, cell.left, middle + along - 1),
        (WAIST_RIGHT_LOW, last, middle + along - 1),
        (WAIST_LEFT_HIGH, cell.left, middle),
        (WAIST_RIGHT_HIGH, last, middle),
    ] {
        if round & corner != 0 {
            canvas.fill(Rect { left, top, width: 1, height: 1 }, plate);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pixels(numbers: [Option<Number>; 2], size: u32) -> Vec<Colour> {
        let rgba = draw(numbers, size).into_rgba();
        rgba.as_chunks::<4>().0.to_vec()
    }

    fn number(percent: Option<u8>, is_alert: bool) -> Option<Number> {
        Some(Number { percent, is_alert })
    }

    fn percents() -> impl Iterator<Item = Option<u8>> {
        (0..=100).map(Some).chain([None])
    }

    /// Source: WCAG 2.2, "relative luminance" and "contrast ratio".
    fn contrast(one: Colour, other: Colour) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let luminance =
            |[red, green, blue, _]: Colour| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
        let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
        one.max(other) / one.min(other)
    }

    #[test]
    fn digits_stand_out_from_the_plate_and_so_from_every_panel() {
        assert!((contrast([255; 4], [0, 0, 0, 255]) - 21.0).abs() < 0.01);
        for plate in [PLATE, PLATE_ALERT] {
            assert!(contrast(INK, plate) >= 4.5, "{plate:?}: {}", contrast(INK, plate));
        }
        // No pixel of a digit is at the edge of the plate, or half transparent: the panel's colour is nowhere beside a digit.
        for size in SIZES {
            for percent in percents() {
                for alert in [false, true] {
                    let shown = number(percent, alert);
                    for numbers in [[shown, shown], [shown, None], [None, shown]] {
                        check_digits_on_plate(&pixels(numbers, size), size as usize);
                    }
                }
            }
        }
    }

    fn check_digits_on_plate(pixels: &[Colour], size: usize) {
        let known = [INK, PLATE, PLATE_ALERT, [0; 4]];
        assert!(pixels.iter().all(|pixel| known.contains(pixel)));
        for (at, _) in pixels.iter().enumerate().filter(|(_, pixel)| **pixel == INK) {
            let (x, y) = (at % size, at / size);
            assert!((1..size - 1).contains(&x) && (1..size - 1).contains(&y), "a digit at {x}, {y} of {size}");
            for neighbour in [at - size, at - 1, at + 1, at + size] {
                assert_eq!(pixels[neighbour][3], 255, "beside {x}, {y} of {size}");
            }
        }
    }

    #[test]
    fn every_number_looks_different() {
        for size in SIZES {
            let still = number(Some(50), false);
            let above: BTreeSet<_> = percents().map(|percent| pixels([number(percent, false), still], size)).collect();
            let below: BTreeSet<_> = percents().map(|percent| pixels([still, number(percent, false)], size)).collect();
            let alone: BTreeSet<_> = percents().map(|percent| pixels([None, number(percent, false)], size)).collect();
            assert_eq!([above.len(), below.len(), alone.len()], [102; 3], "{size}");
        }
    }

    #[test]
    fn the_half_of_the_metric_that_alerts_is_red() {
        for size in SIZES {
            let red_rows = |cpu, memory| {
                let pixels = pixels([number(Some(100), cpu), number(Some(7), memory)], size);
                let rows = pixels.chunks(size as usize);
                let is_red: Vec<bool> = rows.map(|row| row.contains(&PLATE_ALERT)).collect();
                let (upper, lower) = is_red.split_at(size as usize / 2);
                [upper, lower].map(|half| half.iter().filter(|is_red| **is_red).count() as u32 * 2 / size)
            };
            assert_eq!([red_rows(true, false), red_rows(false, true)], [[1, 0], [0, 1]], "{size}");
            assert_eq!([red_rows(true, true), red_rows(false, false)], [[1, 1], [0, 0]], "{size}");
        }
    }

    #[test]
    fn both_numbers_are_in_halves_of_their_own() {
        for size in SIZES {
            let pixels = pixels([number(Some(100), false), number(Some(88), false)], size);
            let middle = size as usize * (size as usize / 2);
            let row = size as usize;
            assert!(!pixels[middle - row..middle + row].contains(&INK), "{size}: the numbers touch");
        }
    }

    #[test]
    fn the_next_larger_size_is_taken() {
        assert_eq!([1, 16, 17, 22, 24, 32, 33, 44, 200].map(size_for), [16, 16, 22, 22, 24, 32, 44, 44, 44]);
    }
}
