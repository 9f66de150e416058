//! The charts in the menu: views in rows of their own.

use objc2::rc::Retained;
use objc2::{AnyThread, MainThreadMarker, MainThreadOnly};
use objc2_app_kit::{NSAccessibility, NSColor, NSFont, NSImage, NSImageView, NSMenu, NSTextField, NSView};
use objc2_foundation::{NSData, NSPoint, NSRect, NSSize, NSString};
use tray_icon::menu::{CheckMenuItem, ContextMenu, Menu, MenuItem};

use crate::core::metrics::metric::Metric;
use crate::core::metrics::recent::Chart;
use crate::core::tray::chart_text;
use crate::runtime::tray::chart;

/// The start of a row's text: at the edge of the menu, or beside the column of check marks, which a menu has once any of its
/// rows is checked. Points.
const ROW_INDENT: f64 = 12.0;
const CHECKED_INDENT: f64 = 22.0;
/// The space at the end of a row: points.
const ROW_END: f64 = 14.0;
/// The space above and below a chart, and between a chart and its legend: points.
const CHART_MARGIN: f64 = 3.0;
const LEGEND_GAP: f64 = 8.0;

/// Shows a chart in a row of `menu`. The title of the row is invisible, and read by VoiceOver.
pub fn show_chart(menu: &Menu, row: &MenuItem, metric: Metric, chart: &Chart) {
    let spoken = chart_text::chart_spoken(metric, chart);
    row.set_text(&spoken);
    let (Some(image), Some(main_thread)) = (image(chart), MainThreadMarker::new()) else { return };
    if let Some(ChartRow { chart, legend }) = chart_row(menu, row, image.size(), main_thread) {
        chart.setImage(Some(&image));
        chart.setAccessibilityLabel(Some(&NSString::from_str(&spoken)));
        // Rows may have been checked since the menu was last open.
        let indent = row_indent(menu);
        chart.setFrameOrigin(NSPoint::new(indent, CHART_MARGIN));
        legend.setFrameOrigin(NSPoint::new(indent + image.size().width + LEGEND_GAP, CHART_MARGIN));
    }
}

/// The start of the text in the rows of `menu` itself; submenus have their own.
fn row_indent(menu: &Menu) -> f64 {
    let items = menu.items();
    let is_any_checked = items.iter().filter_map(|item| item.as_check_menuitem()).any(CheckMenuItem::is_checked);
    if is_any_checked { CHECKED_INDENT } else { ROW_INDENT }
}

/// The chart as a template picture, which AppKit colours like text, light or dark.
fn image(chart: &Chart) -> Option<Retained<NSImage>> {
    let in_points = |pixels: u32| f64::from(pixels) / f64::from(chart::SCALE);
    let size = NSSize::new(in_points(chart::WIDTH), in_points(chart::HEIGHT));
    let png = png(&chart::draw(chart).into_rgba()).ok()?;
    let image = NSImage::initWithData(NSImage::alloc(), &NSData::with_bytes(&png))?;
    image.setSize(size);
    image.setTemplate(true);
    Some(image)
}

fn png(rgba: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, chart::WIDTH, chart::HEIGHT);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(rgba)?;
    Ok(file)
}

/// The views in the row of a chart.
struct ChartRow {
    chart: Retained<NSImageView>,
    legend: Retained<NSTextField>,
}

/// The views of the chart in `row`, made at the first call. They are views because the picture of a menu item stands in the
/// column of icons, and moves the text of all other rows.
fn chart_row(menu: &Menu, row: &MenuItem, size: NSSize, main_thread: MainThreadMarker) -> Option<ChartRow> {
    let position = menu.items().iter().position(|item| item.id() == row.id())?;
    // SAFETY: muda keeps the NSMenu for as long as `menu` lives, and this is the main thread, the only one that uses it.
    #[allow(unsafe_code)]
    let ns_menu = unsafe { menu.ns_menu().cast::<NSMenu>().as_ref() }?;
    let item = ns_menu.itemAtIndex(position as isize)?;
    if let Some(view) = item.view() {
        let views = view.subviews();
        let (chart, legend) = (views.firstObject()?.downcast().ok()?, views.lastObject()?.downcast().ok()?);
        return Some(ChartRow { chart, legend });
    }
    let chart = NSImageView::new(main_thread);
    chart.setFrameSize(size);
    let legend = NSTextField::labelWithString(&NSString::from_str(chart_text::CHART_LEGEND), main_thread);
    legend.setFont(Some(&NSFont::menuFontOfSize(0.0)));
    legend.setTextColor(Some(&NSColor::secondaryLabelColor()));
    legend.sizeToFit();
    // Room for both indents: a row that grows while the menu is open would move the others.
    let width = CHECKED_INDENT + size.width + LEGEND_GAP + legend.frame().size.width + ROW_END;
    let whole = NSSize::new(width, size.height + 2.0 * CHART_MARGIN);
    let view = NSView::initWithFrame(NSView::alloc(main_thread), NSRect::new(NSPoint::new(0.0, 0.0), whole));
    view.addSubview(&chart);
    view.addSubview(&legend);
    item.setView(Some(&view));
    Some(ChartRow { chart, legend })
}
