//! The menu-bar app: tao's event loop on the main thread, with tray-icon's item. It shows the view and passes clicks on; it
//! decides nothing.

use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context, Result};
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};
use tray_icon::menu::{MenuEvent, MenuId};
use tray_icon::{TrayIcon, TrayIconBuilder, TrayIconEvent};

use super::icon;
use super::menu::TrayMenu;
use super::open_menu::{HeldCharts, PendingEnd};
use crate::core::messages::effect::{self as messages, UserCommand};
use crate::core::text;
use crate::core::tray::labels;
use crate::core::tray::view::{Title, View};
use crate::runtime::app::App;
use crate::runtime::app::config::End;
use crate::runtime::inbox::{Inbox, Input, ROOM};
use crate::runtime::{clock, platform};

/// The events that wake the loop.
enum Wake {
    Inbox,
    Clicked(MenuId),
    /// Loadline was opened again a moment ago, perhaps by a person.
    Reopened,
}

/// Runs until the person quits or a signal comes; then ends the process. `finish` is called last, with the reason of the end,
/// and returns the exit status.
pub fn run(app: App, inbox: Arc<Inbox>, finish: impl Fn(End) -> i32 + 'static) -> ! {
    let mut event_loop = EventLoopBuilder::<Wake>::with_user_event().build();
    platform::prepare_loop(&mut event_loop);
    let proxy = event_loop.create_proxy();
    let mut app = Some(app);
    let mut tray = None;
    let mut pending_end = PendingEnd::default();
    event_loop.run(move |event, _, flow| {
        *flow = ControlFlow::Wait;
        let end = match event {
            Event::NewEvents(StartCause::Init) if tray.is_none() => {
                // Before the item: the tray library connects to the bus and looks for the panel at the same time. An existing
                // connection is found first, nearly always.
                connect_sources(&inbox, &proxy);
                if let Some(app) = &mut app {
                    let shows_text = platform::panel_shows_text();
                    app.take(Input::Event(messages::Event::PanelFound { shows_text }));
                }
                let made = Tray::new().map(|made| {
                    platform::watch_own_menu(&made.menu.for_tray(), &inbox);
                    tray = Some(made);
                });
                made.err().map(|error| End::Failed(format!("{error:#}")))
            }
            // The turn after the one in which the menu was told to close, or a later one.
            Event::NewEvents(_) | Event::MainEventsCleared if pending_end.is_pending() => {
                pending_end.poll(platform::is_menu_open())
            }
            Event::UserEvent(_) if pending_end.is_pending() => {
                // Read and dropped: only an input that comes into an empty inbox wakes the loop.
                while inbox.poll().is_some() {}
                pending_end.poll(platform::is_menu_open())
            }
            Event::UserEvent(Wake::Reopened) => app
                .as_mut()
                .zip(tray.as_ref())
                .and_then(|(app, tray)| platform::with_autorelease_pool(|| reopen(app, tray))),
            Event::UserEvent(wake) => app.as_mut().zip(tray.as_mut()).and_then(|(app, tray)| {
                platform::with_autorelease_pool(|| drain_inbox(app, tray, &inbox, &proxy, wake))
            }),
            Event::Reopen { .. } => return settle_reopening(&proxy),
            // The session ends, or AppKit ends the program in its own way: this counts as a normal end.
            Event::LoopDestroyed => {
                if let (Some(mut app), false) = (app.take(), pending_end.is_pending()) {
                    app.take(Input::Stop);
                }
                tray = None;
                return;
            }
            _ => return,
        };
        if pending_end.is_pending() {
            return;
        }
        if let (None, Some(app), Some(tray)) = (&end, &mut app, &mut tray) {
            platform::with_autorelease_pool(|| tray.show(app));
        }
        if let Some(end) = end.and_then(|end| pending_end.request(end, is_closing_menu(tray.as_ref(), &proxy))) {
            // The loop ends the process without dropping anything: the item and its files must be dropped before.
            tray = None;
            app = None;
            *flow = ControlFlow::ExitWithCode(finish(end));
        }
    })
}

/// Closes the menu, if it is open: a signal may come at any time. Returns whether it is still open.
fn is_closing_menu(tray: Option<&Tray>, proxy: &EventLoopProxy<Wake>) -> bool {
    let Some(tray) = tray.filter(|_| platform::is_menu_open()) else { return false };
    platform::close_menu(&tray.item);
    // Makes sure that there is another turn. A loop that has ended needs none.
    let _ = proxy.send_event(Wake::Inbox);
    platform::is_menu_open()
}

/// The time after which it is known why Loadline was opened again: what else happens with it has happened by then.
const REOPENING: Duration = Duration::from_millis(500);

/// Sends [`Wake::Reopened`] a moment later. Without a thread nothing is shown.
fn settle_reopening(proxy: &EventLoopProxy<Wake>) {
    let proxy = proxy.clone();
    let wait = move || {
        clock::wait_for(REOPENING);
        // A loop that has ended needs no events.
        let _ = proxy.send_event(Wake::Reopened);
    };
    let _ = Builder::new().name("reopening".into()).spawn(wait);
}

/// Loadline was opened again, as from Finder: shows the menu, or the report where the item is not in sight. Nothing where it
/// was not a person that opened it.
fn reopen(app: &mut App, tray: &Tray) -> Option<End> {
    if !platform::is_opened_by_person() || platform::open_menu(&tray.item) {
        return None;
    }
    app.take(Input::Event(messages::Event::Command(UserCommand::OpenHistory)))
}

/// Connects the session, the menu and the inbox to the loop. Call it once.
fn connect_sources(inbox: &Arc<Inbox>, proxy: &EventLoopProxy<Wake>) {
    let sender = Arc::clone(inbox);
    platform::on_session_end(move || {
        sender.send(Input::Failed(text::problems::DESKTOP_GONE.into()));
    });
    platform::watch_menu(Arc::clone(inbox));
    platform::ensure_registered();
    platform::watch_for_panel(inbox);
    // A loop that has ended needs no events.
    let (clicks, arrivals) = (proxy.clone(), proxy.clone());
    // Without a handler each move of the mouse over the item goes into a channel that grows without bound.
    TrayIconEvent::set_event_handler(Some(|_| {}));
    MenuEvent::set_event_handler(Some(move |event: MenuEvent| drop(clicks.send_event(Wake::Clicked(event.id)))));
    inbox.wake_with(move || drop(arrivals.send_event(Wake::Inbox)));
}

/// Handles the waiting inputs; `Some` when the run is over. A trace without pauses could fill the inbox as fast as it is
/// emptied: one call takes no more than fits into the inbox, and the desktop has its turn before the rest.
fn drain_inbox(app: &mut App, tray: &mut Tray, inbox: &Inbox, proxy: &EventLoopProxy<Wake>, wake: Wake) -> Option<End> {
    if let Wake::Clicked(id) = wake {
        let command = tray.menu.clicked(&id)?;
        return app.take(Input::Event(messages::Event::Command(command)));
    }
    let end = std::iter::from_fn(|| inbox.poll()).take(ROOM).find_map(|input| app.take(input));
    if end.is_none() && !inbox.is_empty() {
        // A loop that has ended needs no waking.
        let _ = proxy.send_event(Wake::Inbox);
    }
    end
}

/// The tray item and its current view.
struct Tray {
    item: TrayIcon,
    menu: TrayMenu,
    shown: Option<View>,
    has_warned: bool,
    held_charts: HeldCharts,
    punctuality: platform::Punctuality,
    /// The pictures of the icon that the panel reads.
    icon_files: platform::IconFiles,
}

impl Tray {
    fn new() -> Result<Tray> {
        let menu = TrayMenu::new().context("could not build the menu")?;
        let icon_folder = platform::icon_folder::make(platform::runtime_dir().as_deref());
        let icon_folder = icon_folder.context("could not make a folder for the icon")?;
        let item = TrayIconBuilder::new()
            .with_id("loadline")
            .with_temp_dir_path(icon_folder.path())
            .with_menu(menu.for_tray())
            .build()
            .context("could not make the tray item")?;
        platform::attach_menu(&item, &menu.for_tray());
        let (held_charts, punctuality) = (HeldCharts::default(), platform::Punctuality::default());
        let icon_files = platform::IconFiles::new(icon_folder);
        Ok(Tray { item, menu, shown: None, has_warned: false, held_charts, punctuality, icon_files })
    }

    /// Shows the current view, and changes only the parts that differ.
    fn show(&mut self, app: &mut App) {
        let (view, shown) = (app.view(self.shown.as_ref()), self.shown.as_ref());
        self.punctuality.require(!view.may_be_late);
        let is_menu_open = platform::is_menu_open();
        let Some(view) = self.held_charts.pass(view, shown, is_menu_open, platform::UPDATES_OPEN_MENU) else { return };
        if let Err(error) = self.apply(&view)
            && !self.has_warned
        {
            app.warn(text::desktop::tray_item_unchanged(&error));
            self.has_warned = true;
        }
        self.shown = Some(view);
    }

    fn apply(&mut self, view: &View) -> Result<()> {
        let before = self.shown.as_ref();
        if before.is_none_or(|before| before.title != view.title) {
            platform::show_title(&self.item, &view.title);
        }
        if before.is_none_or(|before| before.tooltip != view.tooltip) {
            self.item.set_tooltip(Some(labels::tooltip(view.tooltip.0, view.tooltip.1)))?;
            platform::set_accessibility_label(&self.item, &labels::spoken(view.tooltip.0, view.tooltip.1));
            platform::set_item_title(&self.item, &labels::item_title(view.tooltip.0, view.tooltip.1));
        }
        let drawing = icon::Drawing::of(&view.glyph);
        let drawing_before = before.map(|before| icon::Drawing::of(&before.glyph));
        if drawing_before != Some(drawing) || self.icon_files.is_stale() {
            icon::set_icon(&self.item, &mut self.icon_files, drawing)?;
        }
        let form = |title: Title, drawing| (title.widest(), drawing == icon::Drawing::Empty);
        let form_before = before.zip(drawing_before).map(|(before, drawing)| form(before.title, drawing));
        if form_before != Some(form(view.title, drawing)) {
            platform::fit_item(&self.item, &view.title.widest());
        }
        self.menu.show(view, before)
    }
}
