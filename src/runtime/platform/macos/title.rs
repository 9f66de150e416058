//! The text of the status item: the numbers beside two small marks, in a width that never changes.

use std::cell::OnceCell;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::Bool;
use objc2_app_kit::{
    NSAttributedStringAttachmentConveniences, NSColor, NSCompositingOperation, NSFont, NSFontAttributeName,
    NSFontWeightRegular, NSImage, NSImageCacheMode, NSImageSymbolConfiguration, NSRectFillUsingOperation,
    NSTextAttachment, NSVariableStatusItemLength,
};
use objc2_foundation::{NSAttributedString, NSMutableAttributedString, NSPoint, NSRange, NSRect, NSSize, NSString};
use tray_icon::TrayIcon;

use super::tray::parts;
use crate::core::metrics::metric::Metric;
use crate::core::tray::view::{PIECE_GAP, Title, short_name};

/// The space at either side of the item's content, as beside the system's own: points.
const SIDE_SPACE: f64 = 4.0;

/// The parts that each title is made of.
struct Parts {
    /// Its digits are equally wide.
    font: Retained<NSFont>,
    /// In the order of [`Metric::ALL`].
    marks: [Retained<NSAttributedString>; 2],
}

thread_local! {
    /// Made once, on the main thread: a title is shown at every reading.
    static PARTS: OnceCell<Parts> = const { OnceCell::new() };
}

/// Shows the text beside the icon.
pub fn show_title(tray: &TrayIcon, title: &Title) {
    if let Some((_, button)) = parts(tray) {
        button.setAttributedTitle(&attributed(title));
    }
}

/// Gives the item the width of its widest title, so that neither it nor its neighbours move when a number grows by a digit.
pub fn fit_item(tray: &TrayIcon, widest: &Title) {
    let Some((item, button)) = parts(tray) else { return };
    let is_empty = widest.pieces().next().is_none();
    let Some(cell) = button.cell().filter(|_| !is_empty) else { return item.setLength(NSVariableStatusItemLength) };
    // AppKit measures the picture, the gap after it and the text. Nothing is drawn before this turn of the loop ends.
    let shown = button.attributedTitle();
    button.setAttributedTitle(&attributed(widest));
    let width = cell.cellSize().width;
    button.setAttributedTitle(&shown);
    item.setLength(width.ceil() + 2.0 * SIDE_SPACE);
}

fn attributed(title: &Title) -> Retained<NSAttributedString> {
    PARTS.with(|parts| {
        let parts = parts.get_or_init(Parts::new);
        let text = NSMutableAttributedString::new();
        let append = |piece: &str| text.appendAttributedString(&plain(piece));
        for (index, (metric, number)) in title.pieces().enumerate() {
            if index > 0 {
                append(PIECE_GAP);
            }
            if title.words {
                append(short_name(metric));
            } else {
                text.appendAttributedString(&parts.marks[metric as usize]);
            }
            append(" ");
            append(&number);
        }
        set_font(&text, &parts.font);
        Retained::into_super(text)
    })
}

fn plain(text: &str) -> Retained<NSAttributedString> {
    NSAttributedString::from_nsstring(&NSString::from_str(text))
}

/// An attributed title takes no font from its button. It has no colour, so that the menu bar gives it its own.
#[allow(unsafe_code)]
fn set_font(text: &NSMutableAttributedString, font: &NSFont) {
    // SAFETY: the attribute is a constant of AppKit and takes a font, and the range is that of the whole text.
    unsafe { text.addAttribute_value_range(NSFontAttributeName, font, NSRange::new(0, text.length())) };
}

impl Parts {
    fn new() -> Parts {
        let font = NSFont::monospacedDigitSystemFontOfSize_weight(NSFont::systemFontSize(), regular());
        let marks = Metric::ALL.map(|metric| mark(metric, &font).unwrap_or_else(|| plain(short_name(metric))));
        Parts { font, marks }
    }
}

#[allow(unsafe_code)]
fn regular() -> f64 {
    // SAFETY: a constant of AppKit, initialised before any code of ours runs.
    unsafe { NSFontWeightRegular }
}

/// The mark of a metric, a symbol of the system's since macOS 11; `None` where there is none.
///
/// Source: the catalogue of SF Symbols 2, `cpu` and `memorychip`.
fn mark(metric: Metric, font: &NSFont) -> Option<Retained<NSAttributedString>> {
    let name = match metric {
        Metric::Cpu => "cpu",
        Metric::Memory => "memorychip",
    };
    let symbol = NSImage::imageWithSystemSymbolName_accessibilityDescription(&NSString::from_str(name), None)?;
    let size = NSImageSymbolConfiguration::configurationWithPointSize_weight(font.pointSize(), regular());
    let picture = in_text_colour(symbol.imageWithSymbolConfiguration(&size)?);
    let attachment = NSTextAttachment::new();
    attachment.setImage(Some(&picture));
    // Centred on the digits, which are as high as capitals.
    let NSSize { width, height } = picture.size();
    let bottom = (font.capHeight() - height) / 2.0;
    attachment.setBounds(NSRect::new(NSPoint::new(0.0, bottom), NSSize::new(width, height)));
    Some(NSAttributedString::attributedStringWithAttachment(&attachment))
}

/// The picture in the colour of text. AppKit colours the button's picture by itself, but not those within its text. It is
/// coloured anew for each drawing, because the menu bar turns light or dark with the picture behind it.
fn in_text_colour(symbol: Retained<NSImage>) -> Retained<NSImage> {
    let size = symbol.size();
    let draw = RcBlock::new(move |area: NSRect| {
        symbol.drawInRect(area);
        NSColor::textColor().set();
        NSRectFillUsingOperation(area, NSCompositingOperation::SourceAtop);
        Bool::YES
    });
    let picture = NSImage::imageWithSize_flipped_drawingHandler(size, false, &draw);
    picture.setCacheMode(NSImageCacheMode::Never);
    picture
}
