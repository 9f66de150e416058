//! A small canvas for boxes on whole pixels and for rings, of which the icon and the charts consist. A general drawing library
//! would be a tenth of the whole program.

/// A colour: red, green, blue, and alpha (not premultiplied).
pub type Colour = [u8; 4];

/// A box on whole pixels; x goes right and y goes down. Parts outside of the canvas are not drawn.
#[derive(Clone, Copy, Debug)]
pub struct Rect {
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
}

/// Pixels, all transparent at first.
pub struct Canvas {
    width: u32,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A canvas of this size, in pixels.
    pub fn new(width: u32, height: u32) -> Canvas {
        Canvas { width, pixels: vec![[0; 4]; width as usize * height as usize] }
    }

    /// Draws a box of one colour over the canvas.
    pub fn fill(&mut self, area: Rect, colour: Colour) {
        self.each_in(area, |pixel| *pixel = over(colour, *pixel));
    }

    /// Makes a box transparent.
    pub fn clear(&mut self, area: Rect) {
        self.each_in(area, |pixel| *pixel = [0; 4]);
    }

    /// Draws a ring over the canvas: from `inner` to `outer` pixels around the corner of pixels at `centre`. With an `inner`
    /// of 0 it is a disc. The distance of its middle from the edge decides how far a pixel on the edge is covered.
    pub fn ring(&mut self, centre: u32, inner: u32, outer: u32, colour: Colour) {
        let covered = |distance: f64, radius: u32| (f64::from(radius) + 0.5 - distance).clamp(0.0, 1.0);
        let middle = |pixel: u32| f64::from(pixel) + 0.5 - f64::from(centre);
        self.each(|x, y, pixel| {
            let distance = middle(x).hypot(middle(y));
            let hole = if inner > 0 { covered(distance, inner) } else { 0.0 };
            let share = (covered(distance, outer) - hole).max(0.0);
            let [red, green, blue, alpha] = colour;
            *pixel = over([red, green, blue, (f64::from(alpha) * share).round() as u8], *pixel);
        });
    }

    /// The pixels as bytes: rows from the top, four bytes for each pixel.
    pub fn into_rgba(self) -> Vec<u8> {
        self.pixels.into_flattened()
    }

    fn each_in(&mut self, area: Rect, draw: impl Fn(&mut Colour)) {
        let rows = self.pixels.chunks_mut(self.width as usize);
        for row in rows.skip(area.top as usize).take(area.height as usize) {
            row.iter_mut().skip(area.left as usize).take(area.width as usize).for_each(&draw);
        }
    }

    fn each(&mut self, mut draw: impl FnMut(u32, u32, &mut Colour)) {
        for (y, row) in (0u32..).zip(self.pixels.chunks_mut(self.width as usize)) {
            (0u32..).zip(row).for_each(|(x, pixel)| draw(x, y, pixel));
        }
    }
}

/// Source: Porter and Duff, "Compositing digital images" (1984), the operator *over*, for colours that are not premultiplied.
fn over(upper: Colour, lower: Colour) -> Colour {
    if upper[3] == 255 {
        return upper;
    }
    let [upper_alpha, lower_alpha] = [upper[3], lower[3]].map(|alpha| f64::from(alpha) / 255.0);
    let visible_lower = lower_alpha * (1.0 - upper_alpha);
    let alpha = upper_alpha + visible_lower;
    if alpha == 0.0 {
        return [0; 4];
    }
    let mix = |n: usize| (f64::from(upper[n]) * upper_alpha + f64::from(lower[n]) * visible_lower) / alpha;
    [mix(0), mix(1), mix(2), alpha * 255.0].map(|value| value.round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Colour = [255, 0, 0, 255];

    #[test]
    fn a_box_covers_its_pixels_and_none_outside() {
        let mut canvas = Canvas::new(4, 3);
        canvas.fill(Rect { left: 1, top: 1, width: 9, height: 1 }, RED);
        assert_eq!(canvas.pixels[4..8], [[0; 4], RED, RED, RED]);
        assert_eq!(canvas.pixels.iter().filter(|pixel| **pixel == RED).count(), 3);
        canvas.clear(Rect { left: 2, top: 0, width: 1, height: 3 });
        assert_eq!(canvas.pixels[4..8], [[0; 4], RED, [0; 4], RED]);
        assert_eq!(canvas.into_rgba().len(), 4 * 3 * 4);
    }

    #[test]
    fn colours_lie_over_one_another() {
        assert_eq!(over([1, 2, 3, 255], RED), [1, 2, 3, 255]);
        assert_eq!(over([1, 2, 3, 0], RED), RED);
        assert_eq!(over([0, 0, 255, 51], [0; 4]), [0, 0, 255, 51]);
        assert_eq!(over([0, 0, 0, 0], [9, 9, 9, 0]), [0; 4]);
        assert_eq!(over([0, 0, 0, 128], [0, 0, 0, 128])[3], 192);
        assert_eq!(over([0, 0, 255, 51], RED), [204, 0, 51, 255]);
    }

    #[test]
    fn a_ring_has_a_hole_and_soft_edges() {
        let mut canvas = Canvas::new(20, 20);
        canvas.ring(10, 5, 9, RED);
        let alpha = |x: usize, y: usize| canvas.pixels[y * 20 + x][3];
        assert_eq!((alpha(10, 10), alpha(10, 3), alpha(0, 0)), (0, 255, 0));
        let soft = canvas.pixels.iter().filter(|pixel| !matches!(pixel[3], 0 | 255)).count();
        assert!(soft > 20, "{soft}");
        // The sum of the alphas is the area of the ring.
        let covered: f64 = canvas.pixels.iter().map(|pixel| f64::from(pixel[3]) / 255.0).sum();
        let area = std::f64::consts::PI * (81.0 - 25.0);
        assert!((covered / area - 1.0).abs() < 0.02, "{covered} of {area}");
        let mut disc = Canvas::new(20, 20);
        disc.ring(10, 0, 9, RED);
        assert!(disc.pixels[9 * 20 + 9] == RED && disc.pixels[10 * 20 + 10] == RED);
    }
}
