//! The panels that are known, by the program that watches for tray items, or else by the desktop's name.

/// How a panel shows a tray item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelKind {
    /// Whether it embeds a window of the program (XEmbed), and does not watch for items.
    pub is_old: bool,
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
    /// By the name in the folder of the item, as the specification has it.
    Name,
    /// By the path of its file, to panels that were seen to take one. A name costs them more: Xfce's (xfce4-panel 4.18,
    /// `sn-icon-box.c`) and GNOME's extension (46, `appIndicator.js`, `_getIconInfo`) read all themes anew for each, which takes
    /// ten milliseconds, a hundred times as long as to read the file. Those that keep a theme of GTK look for new files once in
    /// five seconds alone (GTK 3.24, `gtkicontheme.c`, `ensure_valid_themes`), and show no picture until then.
    Path,
}

/// A panel that takes paths.
const fn kind(shows_text: bool, icon_points: u32) -> PanelKind {
    PanelKind { is_old: false, shows_text, icon_points, naming: IconNaming::Path }
}

/// A panel that is given names.
const fn named(shows_text: bool, icon_points: u32) -> PanelKind {
    PanelKind { naming: IconNaming::Name, ..kind(shows_text, icon_points) }
}

/// A panel that is not known. Not all take paths, but names are in the specification.
pub const UNKNOWN: PanelKind = named(false, 22);

/// A panel of the old kind, for which the item's library makes an icon of GTK: that one reads a path at once.
pub const OLD: PanelKind = PanelKind { is_old: true, ..kind(false, 22) };

const GNOME_SHELL: &str = "gnome-shell";
/// Xfce's own tray.
const XFCE: PanelKind = kind(false, 22);
/// The beginning of its process's name: it is a plugin, as in `panel-2-systray` (xfce4-panel 4.18, `wrapper/main.c`).
const XFCE_PLUGIN: &str = "panel-";
/// Cinnamon's watcher. It may be told not to advertise itself, and then says that there is no panel, but shows the items of
/// Loadline's library all the same; without a panel it ends (`org.x.apps.gschema.xml`, `sn-watcher-advertise-host`).
const CINNAMON_WATCHER: &str = "xapp-sn-watcher";

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
    (CINNAMON_WATCHER, kind(false, 24)),
    ("lxqt-panel", kind(false, 22)),
    // MATE's own tray (`notification-area-applet`) looks icons up by name, and shows them as high as the panel, whose height is
    // 24 by default. An item with text is a button of GTK there (1.27), which shows the text alone unless the desktop lets
    // buttons have icons (`gtk-button-images`), as MATE does by default.
    ("notification-ar", named(true, 24)),
    ("budgie-panel", kind(false, 22)),
    // 16 by default (`modules/sni/item.cpp`, `icon_size`), and often 21 or more: it scales the picture, and so is given one that
    // is twice as large as the default.
    ("waybar", kind(false, 32)),
    // It takes no paths (sway 1.7, `swaybar/tray/icon.c`, `find_icon`).
    ("swaybar", named(false, 22)),
];

/// The kind of the panel whose process has this name, on the desktop with these names. `None` is a process that cannot be
/// seen, as in a container: it is taken for the usual panel. One that is seen and not known may be given the usual text and
/// size, but no paths.
pub fn of(process: Option<&str>, desktops: &str) -> PanelKind {
    let usual = of_desktop(desktops);
    process.map_or(usual, |name| of_process(name).unwrap_or(PanelKind { naming: IconNaming::Name, ..usual }))
}

/// Whether the watcher of this process says rightly whether a panel is registered with it.
pub fn knows_panels(process: Option<&str>) -> bool {
    process != Some(CINNAMON_WATCHER)
}

/// The kind of the panel whose process has this name; `None` for one that is not known.
fn of_process(name: &str) -> Option<PanelKind> {
    let name = without_wrapper(name);
    let known = BY_PROCESS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
    known.or_else(|| name.starts_with(XFCE_PLUGIN).then_some(XFCE))
}

/// The name of a program that NixOS starts by a wrapper: `waybar` for `.waybar-wrapped`, of which the end may be cut.
fn without_wrapper(name: &str) -> &str {
    name.strip_prefix('.').and_then(|name| name.rsplit_once("-w")).map_or(name, |(name, _)| name)
}

/// The usual panel of the desktop with these names (`XDG_CURRENT_DESKTOP`, separated by colons).
fn of_desktop(names: &str) -> PanelKind {
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
        for (wrapped, plain) in [(".waybar-wrapped", "waybar"), (".plasmashell-wr", "plasmashell")] {
            assert!(of_process(plain).is_some() && of_process(wrapped) == of_process(plain), "{wrapped}");
        }
    }

    #[test]
    fn paths_are_for_panels_that_were_seen_to_take_them() {
        let naming = |process, desktops| of(process, desktops).naming;
        for desktop in ["", "sway", "Hyprland"] {
            assert_eq!(naming(None, desktop), IconNaming::Name, "{desktop}");
        }
        for (process, desktop) in [("swaybar", "sway"), ("notification-ar", "MATE"), ("some-panel", "XFCE")] {
            assert_eq!(naming(Some(process), desktop), IconNaming::Name, "{process}");
        }
        for (process, desktop) in [(Some("gnome-shell"), ""), (Some("waybar"), "sway"), (None, "XFCE")] {
            assert_eq!(naming(process, desktop), IconNaming::Path, "{process:?}");
        }
        let other = of(Some("some-panel"), "ubuntu:GNOME");
        assert!(other.shows_text && other.icon_points == 16, "the rest is as usual on the desktop: {other:?}");
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
