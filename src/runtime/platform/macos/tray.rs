//! The status item: AppKit's requirements of a menu-bar app that tray-icon does not meet.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::{AnyThread, MainThreadMarker, MainThreadOnly};
use objc2_app_kit::{
    NSAccessibility, NSColor, NSFont, NSImage, NSImageView, NSMenu, NSMenuDidBeginTrackingNotification,
    NSMenuDidEndTrackingNotification, NSTextField, NSView,
};
use objc2_foundation::{
    NSActivityOptions, NSData, NSNotification, NSNotificationCenter, NSNotificationName, NSOperationQueue, NSPoint,
    NSProcessInfo, NSRect, NSSize, NSString, ns_string,
};
use tao::event_loop::EventLoop;
use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS};
use tray_icon::TrayIcon;
use tray_icon::menu::{ContextMenu, Menu, MenuItem, Submenu};

use crate::core::messages::effect::Event;
use crate::core::metrics::metric::Metric;
use crate::core::metrics::recent::Chart;
use crate::core::tray::chart_text;
use crate::runtime::inbox::{Inbox, Input};
use crate::runtime::tray::chart;

/// A status item may be text alone.
pub const ICON_CAN_BE_HIDDEN: bool = true;
/// The numbers stand beside the mark, so the mark shows none.
pub const SHOWS_LEVELS_IN_ICON: bool = false;

/// Whether a menu is open. tao runs its loop meanwhile, and a change of the status item would close the menu (tao issue 1324).
static IS_MENU_OPEN: AtomicBool = AtomicBool::new(false);

/// Checks that there is a desktop. A Mac has one.
pub fn desktop() -> Result<(), String> {
    Ok(())
}

/// Prepares the event loop: no Dock icon, no focus at the start, no App Nap.
pub fn prepare_loop<T>(event_loop: &mut EventLoop<T>) {
    event_loop.set_activation_policy(ActivationPolicy::Accessory);
    event_loop.set_activate_ignoring_other_apps(false);
    hold_off_app_nap();
    let [opened, closed] = menu_notifications();
    let center = NSNotificationCenter::defaultCenter();
    observe(&center, opened, None, || IS_MENU_OPEN.store(true, Ordering::Relaxed));
    observe(&center, closed, None, || IS_MENU_OPEN.store(false, Ordering::Relaxed));
}

/// Switches App Nap off, which would stretch the sampler's pauses to minutes. The machine itself may sleep.
fn hold_off_app_nap() {
    let activity = NSProcessInfo::processInfo().beginActivityWithOptions_reason(
        NSActivityOptions::UserInitiatedAllowingIdleSystemSleep,
        ns_string!("Reads CPU and memory at the interval that the person chose"),
    );
    // The activity ends when its token is dropped; this one lasts for as long as the process.
    std::mem::forget(activity);
}

/// AppKit's notifications that a menu opens and that it closes: the whole menu, not its submenus.
#[allow(unsafe_code)]
fn menu_notifications() -> [&'static NSNotificationName; 2] {
    // SAFETY: both are constants of AppKit, initialised before any code of ours runs.
    unsafe { [NSMenuDidBeginTrackingNotification, NSMenuDidEndTrackingNotification] }
}

/// Sends an event when the menu opens and when it closes. AppKit always reports both.
pub fn watch_menu(inbox: Arc<Inbox>) {
    let [opened, closed] = menu_notifications();
    let closing = Arc::clone(&inbox);
    let center = NSNotificationCenter::defaultCenter();
    observe(&center, opened, None, move || {
        inbox.send(Input::Event(Event::MenuOpened { counts_for: Duration::MAX }));
    });
    observe(&center, closed, None, move || {
        closing.send(Input::Event(Event::MenuClosed));
    });
}

/// Calls `action` for each notification of this name, for as long as the process lasts: on the thread that posts it, which must
/// then be the main thread, or on the `queue` of the main thread.
#[allow(unsafe_code)]
pub(super) fn observe(
    center: &NSNotificationCenter,
    name: &NSNotificationName,
    queue: Option<&NSOperationQueue>,
    action: impl Fn() + 'static,
) {
    let block = RcBlock::new(move |_: NonNull<NSNotification>| action());
    // SAFETY: no object is named, and the block runs on the main thread, where it was made: AppKit posts there the
    // notifications that are observed without a queue.
    let observer = unsafe { center.addObserverForName_object_queue_usingBlock(Some(name), None, queue, &block) };
    std::mem::forget(observer);
}

/// Whether an open menu forbids changes of the item.
pub fn is_menu_open() -> bool {
    IS_MENU_OPEN.load(Ordering::Relaxed)
}

/// Runs one turn of the loop and releases AppKit's temporary objects.
pub fn with_autorelease_pool<T>(work: impl FnOnce() -> T) -> T {
    objc2::rc::autoreleasepool(|_| work())
}

/// Calls `gone` when the desktop goes: never on a Mac, where the end of the login session sends a signal.
pub fn on_session_end(_gone: impl Fn() + Send + Sync + 'static) {}

/// Gives the digits of the new tray item one width, so that the item does not move when a number changes.
pub fn style_item(tray: &TrayIcon) {
    let (Some(item), Some(main_thread)) = (tray.ns_status_item(), MainThreadMarker::new()) else { return };
    if let Some(button) = item.button(main_thread) {
        // The weight of ordinary menu-bar text is 0 (NSFontWeightRegular).
        let font = NSFont::monospacedDigitSystemFontOfSize_weight(NSFont::systemFontSize(), 0.0);
        button.setFont(Some(&font));
    }
}

/// Sets the text of the item for VoiceOver: the title is abbreviated.
pub fn set_accessibility_label(tray: &TrayIcon, text: &str) {
    let (Some(item), Some(main_thread)) = (tray.ns_status_item(), MainThreadMarker::new()) else { return };
    if let Some(button) = item.button(main_thread) {
        button.setAccessibilityLabel(Some(&NSString::from_str(text)));
    }
}

/// Gives a submenu of `menu` another label.
pub fn rename_submenu(_menu: &Menu, submenu: &Submenu, text: &str) {
    submenu.set_text(text);
}

/// The start of a row's text, beside the column of check marks, and the space at its end: points.
const ROW_INDENT: f64 = 22.0;
const ROW_END: f64 = 14.0;
/// The space above and below a chart, and between a chart and its legend: points.
const CHART_MARGIN: f64 = 3.0;
const LEGEND_GAP: f64 = 8.0;

/// Makes sure that the item is registered: nothing on macOS.
pub fn ensure_registered() {}

/// Shows a chart in a row of `menu`. The title of the row is invisible, and read by VoiceOver.
pub fn show_chart(menu: &Menu, row: &MenuItem, metric: Metric, chart: &Chart) {
    let spoken = chart_text::chart_spoken(metric, chart);
    row.set_text(&spoken);
    let (Some(image), Some(main_thread)) = (image(chart), MainThreadMarker::new()) else { return };
    if let Some(view) = chart_view(menu, row, image.size(), main_thread) {
        view.setImage(Some(&image));
        view.setAccessibilityLabel(Some(&NSString::from_str(&spoken)));
    }
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

/// The view that draws the chart in `row`, made at the first call. It is a view because the picture of a menu item stands in
/// the column of icons, and moves the text of all other rows.
fn chart_view(
    menu: &Menu,
    row: &MenuItem,
    size: NSSize,
    main_thread: MainThreadMarker,
) -> Option<Retained<NSImageView>> {
    let position = menu.items().iter().position(|item| item.id() == row.id())?;
    // SAFETY: muda keeps the NSMenu for as long as `menu` lives, and this is the main thread, the only one that uses it.
    #[allow(unsafe_code)]
    let ns_menu = unsafe { menu.ns_menu().cast::<NSMenu>().as_ref() }?;
    let item = ns_menu.itemAtIndex(position as isize)?;
    if let Some(view) = item.view() {
        return view.subviews().firstObject()?.downcast().ok();
    }
    let chart = NSImageView::new(main_thread);
    chart.setFrame(NSRect::new(NSPoint::new(ROW_INDENT, CHART_MARGIN), size));
    let legend = NSTextField::labelWithString(&NSString::from_str(chart_text::CHART_LEGEND), main_thread);
    legend.setFont(Some(&NSFont::menuFontOfSize(0.0)));
    legend.setTextColor(Some(&NSColor::secondaryLabelColor()));
    legend.sizeToFit();
    let legend_left = ROW_INDENT + size.width + LEGEND_GAP;
    legend.setFrameOrigin(NSPoint::new(legend_left, CHART_MARGIN));
    let whole = NSSize::new(legend_left + legend.frame().size.width + ROW_END, size.height + 2.0 * CHART_MARGIN);
    let view = NSView::initWithFrame(NSView::alloc(main_thread), NSRect::new(NSPoint::new(0.0, 0.0), whole));
    view.addSubview(&chart);
    view.addSubview(&legend);
    item.setView(Some(&view));
    Some(chart)
}

/// The pictures of the icon as files: the menu bar needs none.
pub struct IconFiles;

impl IconFiles {
    /// Removes `folder`.
    pub fn new(_folder: tempfile::TempDir) -> IconFiles {
        IconFiles
    }

    /// Whether another panel has come: there is one menu bar.
    pub fn is_stale(&self) -> bool {
        false
    }
}

/// Whether text is shown beside the icon: the menu bar always shows it.
pub fn panel_shows_text() -> bool {
    true
}

/// Watches the menu where this process shows it itself: AppKit reports every menu.
pub fn watch_own_menu(_menu: &Menu, _inbox: &Arc<Inbox>) {}

/// Watches for a panel: the menu bar is always there.
pub fn watch_for_panel(_inbox: &Arc<Inbox>) {}

/// Sets the title of the item for panels that show it: the menu bar has the tooltip.
pub fn set_item_title(_tray: &TrayIcon, _title: &str) {}
