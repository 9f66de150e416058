//! The panels that are known, by the program that watches for tray items, or else by the desktop's name.

/// How a panel shows a tray item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelKind {
    /// Whether it shows the label beside the icon.
    pub shows_text: bool,
    /// The size of its icons by default, in points.
    pub icon_points: u32,
    /// How the icon is named to it.
    pub naming: IconNaming,
}

/// How the icon is named to a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconNaming {
    /// By the path of its file. For a name Xfce's panel reads all themes anew (xfce4-panel 4.18, `sn-icon-box.c`), which takes it
    /// ten milliseconds, a hundred times as long as to read the file; others find a new file only once they have noticed that
    /// the folder has changed.
    Path,
    /// By the name in the folder of the item, as the specification has it.
    Name,
}

const fn kind(shows_text: bool, icon_points: u32) -> PanelKind {
    PanelKind { shows_text, icon_points, naming: IconNaming::Path }
}

/// A panel that is not known.
const UNKNOWN: PanelKind = kind(false, 22);

const GNOME_SHELL: &str = "gnome-shell";
/// Xfce's own tray.
const XFCE: PanelKind = kind(false, 22);
/// The beginning of its process's name: it is a plugin, as in `panel-2-systray` (xfce4-panel 4.18, `wrapper/main.c`).
const XFCE_PLUGIN: &str = "panel-";

/// Panels by the name of their process, as far as the kernel keeps it (15 bytes).
const BY_PROCESS: [(&str, PanelKind); 13] = [
    (GNOME_SHELL, kind(true, 16)),
    // The plugins for indicators of Xfce and MATE; Unity. Its size: libayatana-indicator 0.9.3,
    // `indicator-image-helper.c`, `ICON_SIZE`.
    ("ayatana-indicat", kind(true, 22)),
    ("indicator-appli", kind(true, 22)),
    ("plasmashell", kind(false, 22)),
    ("kded5", kind(false, 22)),
    ("kded6", kind(false, 22)),
    ("xfce4-panel", XFCE),
    ("xapp-sn-watcher", kind(false, 24)),
    ("lxqt-panel", kind(false, 22)),
    // MATE's own tray (`notification-area-applet`) looks icons up by name, and shows them as high as the panel, whose height is
    // 24 by default. An item with text is a button of GTK there (1.27), which shows the text alone unless the desktop lets
    // buttons have icons (`gtk-button-images`), as MATE does by default.
    ("notification-ar", PanelKind { naming: IconNaming::Name, ..kind(true, 24) }),
    ("budgie-panel", kind(false, 22)),
    // 16 by default (`modules/sni/item.cpp`, `icon_size`), and often 21 or more: it scales the picture, and so is given one that
    // is twice as large as the default.
    ("waybar", kind(false, 32)),
    // It takes no paths (sway 1.7, `swaybar/tray/icon.c`, `find_icon`).
    ("swaybar", PanelKind { naming: IconNaming::Name, ..UNKNOWN }),
];

/// The kind of the panel whose process has this name; `None` for one that is not known.
pub fn of_process(name: &str) -> Option<PanelKind> {
    let known = BY_PROCESS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    known.or_else(|| name.starts_with(XFCE_PLUGIN).then_some(XFCE))
}

/// The usual panel of the desktop with these names (`XDG_CURRENT_DESKTOP`, separated by colons).
pub fn of_desktop(names: &str) -> PanelKind {
    process_of_desktop(names).and_then(of_process).unwrap_or(UNKNOWN)
}

/// Whether the desktop with these names is GNOME's own.
pub fn is_gnome(names: &str) -> bool {
    process_of_desktop(names) == Some(GNOME_SHELL)
}

/// The name of the usual panel's process. Budgie calls itself `Budgie:GNOME`: the first that is known counts.
fn process_of_desktop(names: &str) -> Option<&'static str> {
    names.split(':').find_map(|name| match name {
        "GNOME" | "GNOME-Classic" => Some(GNOME_SHELL),
        "Unity" => Some("indicator-appli"),
        "KDE" => Some("plasmashell"),
        "XFCE" => Some("xfce4-panel"),
        "X-Cinnamon" => Some("xapp-sn-watcher"),
        "LXQt" => Some("lxqt-panel"),
        "MATE" => Some("notification-ar"),
        "Budgie" => Some("budgie-panel"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn desktops_and_panels_with_text_are_known() {
        for desktop in ["GNOME", "ubuntu:GNOME", "GNOME-Classic:GNOME", "Unity:Unity7:ubuntu", "MATE"] {
            assert!(of_desktop(desktop).shows_text, "{desktop}");
        }
        for desktop in ["KDE", "XFCE", "X-Cinnamon", "LXQt", "Budgie:GNOME", "sway", "", "Hyprland"] {
            assert!(!of_desktop(desktop).shows_text, "{desktop}");
        }
        assert!(of_process("ayatana-indicat").is_some_and(|kind| kind.shows_text));
        assert!(of_process("waybar").is_some_and(|kind| !kind.shows_text));
        assert_eq!(of_process("panel-12-systra"), of_process("xfce4-panel"));
        assert_eq!(of_process("some-panel"), None);
    }

    #[test]
    fn gnome_is_known_by_its_own_names_alone() {
        for desktop in ["GNOME", "ubuntu:GNOME", "GNOME-Classic:GNOME", "pop:GNOME"] {
            assert!(is_gnome(desktop), "{desktop}");
        }
        for desktop in ["Budgie:GNOME", "Unity:Unity7:ubuntu", "KDE", "XFCE", "sway", "MATE", ""] {
            assert!(!is_gnome(desktop), "{desktop}");
        }
    }

    #[test]
    fn names_of_processes_are_as_long_as_the_kernel_keeps_them() {
        assert!(BY_PROCESS.iter().all(|(name, _)| name.len() <= 15));
    }
}
