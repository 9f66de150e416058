//! The content of the tray in words: as expected and as the panel sees it, so that the two can be compared.
use loadline::core::settings::Part;
use loadline::core::text;
use loadline::core::tray::labels;
use loadline::core::tray::view::View;

use super::super::dbusmenu::MenuNode;
use super::super::item::Item;

const THRESHOLDS: [&str; 2] = ["CPU threshold", "Memory threshold"];

/// The content of the tray except the charts and the picture.
#[derive(Debug, PartialEq)]
pub struct Shown {
    title: String,
    rows: [String; 2],
    problem: Option<String>,
    /// The checked rows of each submenu.
    checked: [Vec<String>; 6],
    snooze: String,
    can_resume: bool,
    launches_at_login: bool,
}

impl Shown {
    /// The expected content.
    pub fn of(view: &View) -> Self {
        let [cpu, memory] = view.selection.thresholds.map(text::settings::threshold);
        let parts = [Part::Cpu, Part::Memory, Part::Words].into_iter();
        let parts = parts.filter(|part| view.selection.menu_bar.shows(*part)).map(labels::part);
        let parts = parts.chain([labels::icon(view.glyph.style)]).map(str::to_owned).collect();
        let checked = [cpu, memory, text::settings::signal(view.selection.memory_signal)].map(|label| vec![label]);
        let [cpu, memory, signal] = checked;
        let [after, refresh] =
            [view.selection.after, view.selection.refresh].map(|span| vec![text::settings::after(span)]);
        Self {
            title: view.title.to_string(),
            rows: view.rows.each_ref().map(ToString::to_string),
            problem: view.problem.as_deref().map(str::to_owned),
            checked: [cpu, memory, signal, after, refresh, parts],
            snooze: labels::snooze_menu(
                view.snoozed_until.as_ref(),
                view.snooze_days_ahead,
                view.quiet_until,
                view.clock,
            ),
            can_resume: view.snoozed_until.is_some(),
            launches_at_login: view.launches_at_login,
        }
    }

    /// The content that the panel reads.
    pub fn at(item: &Item) -> Option<Self> {
        let (title, menu) = (item.padded_label()?, item.menu()?);
        let checked = |submenu: &str| {
            let labels = menu.find(&[submenu])?.checked_labels();
            Some(labels.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let [cpu, memory] = THRESHOLDS;
        let (rows, snooze) = (menu.rows(), snooze_row(&menu)?);
        Some(Self {
            title,
            rows: [rows.first()?, rows.get(2)?].map(|row| row.label.clone()),
            problem: menu.warning().map(|row| row.label.clone()),
            checked: [
                checked(cpu)?,
                checked(memory)?,
                checked("Memory alerts on")?,
                checked("Alert after")?,
                checked("Refresh every")?,
                checked("Show in the menu bar")?,
            ],
            snooze: snooze.label.clone(),
            can_resume: snooze.find(&["Resume"])?.enabled,
            launches_at_login: menu.find(&["Launch at login"])?.checked?,
        })
    }
}

/// The submenu with the changing name.
fn snooze_row(menu: &MenuNode) -> Option<&MenuNode> {
    menu.children.iter().find(|child| child.find(&["Resume"]).is_some())
}
