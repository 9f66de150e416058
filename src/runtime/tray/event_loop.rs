//! The menu-bar app: tao's event loop on the main thread, with tray-icon's item. It shows the view and passes clicks on; it
//! decides nothing.

use std::sync::Arc;

use anyhow::{Context, Result};
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};
use tray_icon::menu::{MenuEvent, MenuId};
use tray_icon::{TrayIcon, TrayIconBuilder};

use super::icon;
use super::menu::TrayMenu;
use crate::core::messages::effect as messages;
use crate::core::text;
use crate::core::tray::labels;
use crate::core::tray::view::View;
use crate::runtime::app::{App, End};
use crate::runtime::inbox::{Inbox, Input, ROOM};
use crate::runtime::platform;

/// The events that wake the loop.
enum Wake {
    Inbox,
    Clicked(MenuId),
}

/// Runs until the person quits or a signal comes; then ends the process. `finish` is called last, with the reason of the end,
/// and returns the exit status.
pub fn run(app: App, inbox: Arc<Inbox>, finish: impl Fn(End) -> i32 + 'static) -> ! {
    let mut event_loop = EventLoopBuilder::<Wake>::with_user_event().build();
    platform::prepare_loop(&mut event_loop);
    let proxy = event_loop.create_proxy();
    let mut app = Some(app);
    let mut tray = None;
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
            Event::UserEvent(wake) => app.as_mut().zip(tray.as_mut()).and_then(|(app, tray)| {
                platform::with_autorelease_pool(|| drain_inbox(app, tray, &inbox, &proxy, wake))
            }),
            // The session ends, or AppKit ends the program in its own way: this counts as a normal end.
            Event::LoopDestroyed => {
                if let Some(mut app) = app.take() {
                    app.take(Input::Stop);
                }
                tray = None;
                return;
            }
            _ => return,
        };
        if let (None, Some(app), Some(tray)) = (&end, &mut app, &mut tray) {
            platform::with_autorelease_pool(|| tray.show(app));
        }
        if let Some(end) = end {
            // The loop ends the process without dropping anything: the item and its files must be dropped before.
            tray = None;
            app = None;
            *flow = ControlFlow::ExitWithCode(finish(end));
        }
    })
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
    /// The pictures of the icon that the panel reads.
    icon_files: platform::IconFiles,
}

impl Tray {
    fn new() -> Result<Tray> {
        let menu = TrayMenu::new().context("could not build the menu")?;
        let mut folder = tempfile::Builder::new();
        folder.prefix("loadline-");
        let private = platform::runtime_dir().and_then(|private| folder.tempdir_in(private).ok());
        let icon_folder =
            private.map_or_else(|| folder.tempdir(), Ok).context("could not make a folder for the icon")?;
        let item = TrayIconBuilder::new()
            .with_id("loadline")
            .with_temp_dir_path(icon_folder.path())
            .with_menu(menu.for_tray())
            .build()
            .context("could not make the tray item")?;
        platform::style_item(&item);
        Ok(Tray { item, menu, shown: None, has_warned: false, icon_files: platform::IconFiles::new(icon_folder) })
    }

    /// Shows the current view, and changes only the parts that differ.
    fn show(&mut self, app: &mut App) {
        let mut view = app.view(self.shown.as_ref());
        if platform::is_menu_open()
            && let Some(shown) = &self.shown
        {
            // Rows may change while the menu is open, the item may not: it is updated with the next reading.
            view = View { title: shown.title, tooltip: shown.tooltip, glyph: shown.glyph, ..view };
        }
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
            self.item.set_title(Some(view.title.to_string()));
        }
        if before.is_none_or(|before| before.tooltip != view.tooltip) {
            self.item.set_tooltip(Some(labels::tooltip(view.tooltip.0, view.tooltip.1)))?;
            platform::set_accessibility_label(&self.item, &labels::spoken(view.tooltip.0, view.tooltip.1));
            platform::set_item_title(&self.item, &labels::item_title(view.tooltip.0, view.tooltip.1));
        }
        let drawing = icon::Drawing::of(&view.glyph);
        if before.is_none_or(|before| icon::Drawing::of(&before.glyph) != drawing) || self.icon_files.is_stale() {
            icon::set_icon(&self.item, &mut self.icon_files, drawing)?;
        }
        self.menu.show(view, before)
    }
}
