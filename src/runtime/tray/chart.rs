//! The picture of a chart, where a menu shows pictures: the last ten minutes under their load line, in shades of one colour
//! that the menu picks, light or dark.
//!
//! Drawn at twice its size in points, with every edge on an even pixel or next to one.

use super::canvas::{Canvas, Rect};
use crate::core::metrics::recent::{COLUMNS, Chart};

/// Pixels in a point.
pub const SCALE: u32 = 2;
/// How wide the picture is, pixels.
pub const WIDTH: u32 = COLUMNS as u32 * COLUMN_WIDTH;
/// How high it is, pixels: 100 %.
pub const HEIGHT: u32 = 36;
const COLUMN_WIDTH: u32 = 6;
/// What is read as nothing is still a reading.
const LEAST_HEIGHT: u32 = 2;
const LINE_THICKNESS: u32 = 2;

/// How dark the column is up to the load line, what is above it, and the line.
const BELOW: u8 = 110;
const ABOVE: u8 = 255;
const LINE: u8 = 170;

/// Draws `chart`.
pub fn draw(chart: &Chart) -> Canvas {
    let mut picture = Canvas::new(WIDTH, HEIGHT);
    let line_height = chart.line.map_or(HEIGHT, |line| height(line.get()));
    for (left, percent) in (0..).step_by(COLUMN_WIDTH as usize).zip(&chart.columns) {
        let Some(percent) = *percent else { continue };
        let height = height(percent).max(LEAST_HEIGHT);
        fill(&mut picture, left, COLUMN_WIDTH, 0, height.min(line_height), BELOW);
        fill(&mut picture, left, COLUMN_WIDTH, line_height, height.max(line_height), ABOVE);
    }
    if chart.line.is_some() {
        fill(&mut picture, 0, WIDTH, line_height.saturating_sub(LINE_THICKNESS), line_height, LINE);
    }
    picture
}

fn height(percent: u8) -> u32 {
    (f64::from(percent) / 100.0 * f64::from(HEIGHT)).round() as u32
}

/// Fills a box; heights are counted from the bottom.
fn fill(picture: &mut Canvas, left: u32, width: u32, from: u32, to: u32, alpha: u8) {
    picture.fill(Rect { left, top: HEIGHT - to, width, height: to - from }, [0, 0, 0, alpha]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    /// How dark the picture of one column, and of the empty ones beside it, is at these heights in percent.
    fn shades(percent: u8, line: Option<u64>, heights: &[u32]) -> Vec<(u8, u8)> {
        let mut columns = [None; COLUMNS];
        columns[3] = Some(percent);
        let chart = Chart { columns, line: line.and_then(Percent::new), ..Chart::EMPTY };
        let rgba = draw(&chart).into_rgba();
        let (pixels, _) = rgba.as_chunks::<4>();
        assert!(pixels.iter().all(|pixel| pixel[..3] == [0; 3]));
        let at = |x, percent| pixels[((HEIGHT - 1 - percent * (HEIGHT - 1) / 100) * WIDTH + x) as usize][3];
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
