//! The picture of a chart, where a menu shows pictures: the last ten minutes under their load line, in shades of one colour
//! that the menu picks, light or dark.
//!
//! Drawn at twice its size in points, with every edge on an even pixel or next to one.

use tiny_skia::{Color, Paint, Pixmap, Rect, Transform};

use crate::model::recent::{COLUMNS, Chart};

/// Pixels in a point.
pub const SCALE: u32 = 2;
/// How wide the picture is, pixels.
const WIDTH: u32 = COLUMNS as u32 * COLUMN_WIDTH;
/// How high it is, pixels: 100 %.
const HEIGHT: u32 = 36;
const COLUMN_WIDTH: u32 = 6;
/// What is read as nothing is still a reading.
const LEAST_HEIGHT: f32 = 2.0;
const LINE_THICKNESS: f32 = 2.0;

/// How dark the column is up to the load line, what is above it, and the line.
const BELOW: u8 = 110;
const ABOVE: u8 = 255;
const LINE: u8 = 170;

/// Draws `chart`; `None` where there is no memory for it.
pub fn draw(chart: &Chart) -> Option<Pixmap> {
    let mut picture = Pixmap::new(WIDTH, HEIGHT)?;
    let line_height = chart.line.map_or(HEIGHT as f32, |line| height(line.get()));
    for (index, percent) in chart.columns.iter().enumerate() {
        let Some(percent) = *percent else { continue };
        let left = (index as u32 * COLUMN_WIDTH) as f32;
        let height = height(percent).max(LEAST_HEIGHT);
        fill(&mut picture, left, COLUMN_WIDTH as f32, 0.0, height.min(line_height), BELOW)?;
        if height > line_height {
            fill(&mut picture, left, COLUMN_WIDTH as f32, line_height, height, ABOVE)?;
        }
    }
    if chart.line.is_some() {
        fill(&mut picture, 0.0, WIDTH as f32, line_height - LINE_THICKNESS, line_height, LINE)?;
    }
    Some(picture)
}

fn height(percent: u8) -> f32 {
    (f32::from(percent) / 100.0 * HEIGHT as f32).round()
}

/// Fills a box; heights are counted from the bottom.
fn fill(picture: &mut Pixmap, left: f32, width: f32, from: f32, to: f32, alpha: u8) -> Option<()> {
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(0, 0, 0, alpha));
    let area = Rect::from_xywh(left, HEIGHT as f32 - to, width, to - from)?;
    picture.fill_rect(area, &paint, Transform::identity(), None);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::metric::Percent;

    /// How dark the picture of one column, and of the empty ones beside it, is at these heights in percent.
    fn shades(percent: u8, line: Option<u64>, heights: &[u32]) -> Vec<(u8, u8)> {
        let mut columns = [None; COLUMNS];
        columns[3] = Some(percent);
        let chart = Chart { columns, line: line.and_then(Percent::new), ..Chart::EMPTY };
        let picture = draw(&chart).unwrap();
        assert!(picture.pixels().iter().all(|pixel| pixel.red() == 0 && pixel.green() == 0 && pixel.blue() == 0));
        let at = |x, percent| picture.pixel(x, HEIGHT - 1 - percent * (HEIGHT - 1) / 100).unwrap().alpha();
        heights.iter().map(|&percent| (at(3 * COLUMN_WIDTH + 1, percent), at(1, percent))).collect()
    }

    #[test]
    fn what_is_above_the_line_is_darker_than_what_is_below() {
        let seen = shades(100, Some(50), &[0, 30, 60, 100]);
        assert_eq!(seen, [(BELOW, 0), (BELOW, 0), (ABOVE, 0), (ABOVE, 0)]);
        assert_eq!(shades(40, Some(50), &[0, 30, 60]), [(BELOW, 0), (BELOW, 0), (0, 0)]);
        assert_eq!(shades(100, None, &[0, 100]), [(BELOW, 0), (BELOW, 0)]);
    }

    #[test]
    fn the_line_goes_across_the_gaps_too() {
        let [(on_column, on_gap)] = shades(100, Some(50), &[48])[..] else { panic!() };
        assert_eq!(on_gap, LINE);
        assert!(on_column > on_gap, "drawn over the column");
        assert_eq!(shades(0, Some(100), &[100])[0], (LINE, LINE), "within the picture");
        assert_eq!(shades(0, Some(1), &[0])[0].1, 0, "not thicker than what is below it");
    }

    #[test]
    fn nothing_read_is_less_than_zero() {
        assert_eq!(shades(0, None, &[0, 10]), [(BELOW, 0), (0, 0)]);
    }
}
