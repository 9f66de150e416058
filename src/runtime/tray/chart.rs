//! The picture of a chart, for menus that show pictures: the last ten minutes under their load line, in shades of one colour
//! that the menu chooses, light or dark.
//!
//! Drawn at twice its size in points, with every edge on an even pixel or next to one.

use super::canvas::{Canvas, Rect};
use crate::core::metrics::recent::{COLUMNS, Chart};

/// Pixels in a point.
pub const SCALE: u32 = 2;
/// Width and height of the picture, pixels. The height is 100 %.
pub const WIDTH: u32 = COLUMNS as u32 * COLUMN_WIDTH;
pub const HEIGHT: u32 = 36;
const COLUMN_WIDTH: u32 = 6;
/// The height of a column at 0 %, so that a reading differs from a gap.
const LEAST_HEIGHT: u32 = 2;
const LINE_THICKNESS: u32 = 2;

/// The alpha of a column up to the load line, of its part above, and of the line.
const BELOW: u8 = 110;
const ABOVE: u8 = 255;
const LINE: u8 = 170;

/// Draws `chart`.
pub fn draw(chart: &Chart) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    let line_height = chart.line.map_or(HEIGHT, |line| height(line.get()));
    for (left, percent) in (0..).step_by(COLUMN_WIDTH as usize).zip(&chart.columns) {
        let Some(percent) = *percent else { continue };
        let height = height(percent).max(LEAST_HEIGHT);
        fill(&mut canvas, left, COLUMN_WIDTH, 0, height.min(line_height), BELOW);
        fill(&mut canvas, left, COLUMN_WIDTH, line_height, height.max(line_height), ABOVE);
    }
    if chart.line.is_some() {
        fill(&mut canvas, 0, WIDTH, line_height.saturating_sub(LINE_THICKNESS), line_height, LINE);
    }
    canvas
}

fn height(percent: u8) -> u32 {
    (f64::from(percent) / 100.0 * f64::from(HEIGHT)).round() as u32
}

/// Fills a box; heights are counted from the bottom.
fn fill(canvas: &mut Canvas, left: u32, width: u32, from: u32, to: u32, alpha: u8) {
    canvas.fill(Rect { left, top: HEIGHT - to, width, height: to - from }, [0, 0, 0, alpha]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::metrics::metric::Percent;

    /// The alpha of one column, and of the empty ones beside it, at these heights in percent.
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
    fn a_column_is_darker_above_the_line_than_below() {
        let alphas = shades(100, Some(50), &[0, 30, 60, 100]);
        assert_eq!(alphas, [(BELOW, 0), (BELOW, 0), (ABOVE, 0), (ABOVE, 0)]);
        assert_eq!(shades(40, Some(50), &[0, 30, 60]), [(BELOW, 0), (BELOW, 0), (0, 0)]);
        assert_eq!(shades(100, None, &[0, 100]), [(BELOW, 0), (BELOW, 0)]);
    }

    #[test]
    fn the_line_crosses_the_gaps_too() {
        let [(on_column, on_gap)] = shades(100, Some(50), &[48])[..] else { panic!() };
        assert_eq!(on_gap, LINE);
        assert!(on_column > on_gap, "drawn over the column");
        assert_eq!(shades(0, Some(100), &[100])[0], (LINE, LINE), "within the picture");
        assert_eq!(shades(0, Some(1), &[0])[0].1, 0, "not thicker than the space below it");
    }

    #[test]
    fn zero_percent_is_drawn_and_a_gap_is_not() {
        assert_eq!(shades(0, None, &[0, 10]), [(BELOW, 0), (0, 0)]);
    }
}
