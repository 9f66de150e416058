//! The tray item of the program under test, as the panel sees and clicks it.
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use zbus::{Connection, DynamicType, Message, OwnedObjectPath, OwnedVariant, Variant, block_on};

use super::dbusmenu::{Layout, MenuNode};
use super::host::Address;
use crate::wait::{SOON, wait_for};

const MENU: &str = "com.canonical.dbusmenu";

/// Pads the numbers of the label: a space as wide as a digit.
const FIGURE_SPACE: char = '\u{2007}';

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The picture in the panel: a PNG file that the item names, by a name in its folder or by a path.
#[derive(Debug, PartialEq)]
pub struct Icon {
    pub path: PathBuf,
    pub width: u32,
    pub height: u32,
    pub bytes: Vec<u8>,
}

/// A registered tray item. Its functions return `None` when its process is gone.
pub struct Item {
    connection: Connection,
    address: Address,
}

impl Item {
    /// The item at `address`, called over `connection`.
    pub fn new(connection: Connection, address: Address) -> Self {
        Self { connection, address }
    }

    /// The unique name of its process on the bus.
    pub fn bus_name(&self) -> &str {
        &self.address.bus_name
    }

    /// The text beside the icon, exactly as sent.
    pub fn padded_label(&self) -> Option<String> {
        self.text("XAyatanaLabel")
    }

    /// The text beside the icon without its padding.
    pub fn label(&self) -> Option<String> {
        Some(self.padded_label()?.replace(FIGURE_SPACE, ""))
    }

    /// The text that panels show while the pointer is over the item.
    pub fn title(&self) -> Option<String> {
        self.text("Title")
    }

    /// The percentage of memory in the label.
    pub fn memory(&self) -> Option<u32> {
        let label = self.label()?;
        let (_, number) = label.rsplit_once("  ")?;
        number.strip_suffix('%')?.parse().ok()
    }

    /// The name of the picture, exactly as sent.
    pub fn icon_name(&self) -> Option<String> {
        self.text("IconName")
    }

    /// The picture, when its file exists and is a complete PNG.
    pub fn icon(&self) -> Option<Icon> {
        let mut properties = self.properties()?;
        let mut text = |property: &str| String::try_from(properties.remove(property)?).ok();
        let (name, folder) = (text("IconName")?, text("IconThemePath")?);
        let path = if name.starts_with('/') { PathBuf::from(name) } else { Path::new(&folder).join(name + ".png") };
        let bytes = fs::read(&path).ok()?;
        let header = bytes.strip_prefix(PNG_SIGNATURE)?.get(..16)?;
        let size = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let whole = &header[4..8] == b"IHDR" && bytes.windows(4).any(|window| window == b"IEND");
        let (width, height) = (size(8)?, size(12)?);
        whole.then_some(Icon { path, width, height, bytes })
    }

    /// The whole menu.
    pub fn menu(&self) -> Option<MenuNode> {
        let everything = (0_i32, -1_i32, Vec::<&str>::new());
        let answer = self.call(&self.menu_path()?, MENU, "GetLayout", &everything).ok()?;
        let (_revision, root): (u32, Layout) = answer.body().deserialize().ok()?;
        Some(MenuNode::read(root))
    }

    /// Waits until the label, without its padding, is `label`.
    #[track_caller]
    pub fn wait_label(&self, label: &str) {
        let is_shown = || (self.label()? == label).then_some(());
        wait_for(&format!("the label {label:?}"), SOON, is_shown);
    }

    /// Waits until `find` finds something in the menu.
    #[track_caller]
    pub fn wait_menu<T>(&self, subject: &str, mut find: impl FnMut(&MenuNode) -> Option<T>) -> T {
        wait_for(subject, SOON, || find(&self.menu()?))
    }

    /// Waits until the only check mark in a submenu is at `entry`.
    #[track_caller]
    pub fn wait_checked(&self, submenu: &str, entry: &str) {
        self.wait_menu(&format!("{submenu:?} to be at {entry:?} alone"), |menu| {
            (menu.find(&[submenu])?.checked_labels() == [entry]).then_some(())
        });
    }

    /// Waits until a live row reads `row`.
    #[track_caller]
    pub fn wait_row(&self, row: &str) {
        self.wait_menu(&format!("the row {row:?}"), |menu| {
            menu.rows().iter().any(|found| found.label == row).then_some(())
        });
    }

    /// Clicks the entry at `path`, as a panel does.
    #[track_caller]
    pub fn click(&self, path: &[&str]) {
        let id = self.wait_menu(&format!("the entry {path:?}"), |menu| Some(menu.find(path)?.id));
        let menu = self.menu_path().unwrap();
        // A panel ignores both replies; "Quit" can end the process before it sends one.
        let _ = self.call(&menu, MENU, "AboutToShow", &(0_i32,));
        let _ = self.call(&menu, MENU, "Event", &(id, "clicked", Variant::I32(0), 0_u32));
    }

    /// Opens the menu, as a panel does. Xfce's sends only the first message.
    pub fn open(&self) {
        let menu = self.menu_path().unwrap();
        self.call(&menu, MENU, "AboutToShow", &(0_i32,)).unwrap();
        self.call(&menu, MENU, "Event", &(0_i32, "opened", Variant::I32(0), 0_u32)).unwrap();
    }

    /// Closes the menu, as a panel does.
    pub fn close(&self) {
        let menu = self.menu_path().unwrap();
        self.call(&menu, MENU, "Event", &(0_i32, "closed", Variant::I32(0), 0_u32)).unwrap();
    }

    fn menu_path(&self) -> Option<String> {
        let path = OwnedObjectPath::try_from(self.properties()?.remove("Menu")?).ok()?;
        Some(path.to_string())
    }

    fn text(&self, property: &str) -> Option<String> {
        String::try_from(self.properties()?.remove(property)?).ok()
    }

    fn properties(&self) -> Option<HashMap<String, OwnedVariant>> {
        let interface = ("org.kde.StatusNotifierItem",);
        let path = &self.address.path;
        let answer = self.call(path, "org.freedesktop.DBus.Properties", "GetAll", &interface);
        answer.ok()?.body().deserialize().ok()
    }

    fn call<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> zbus::Result<Message>
    where
        B: serde::Serialize + DynamicType,
    {
        let target = Some(self.bus_name());
        block_on(self.connection.call_method(target, path, Some(interface), method, body))
    }
}
