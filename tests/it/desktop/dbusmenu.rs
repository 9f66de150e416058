//! A menu as a panel reads it: the tree that `com.canonical.dbusmenu` returns.
use std::collections::HashMap;

use zbus::OwnedVariant;

/// The wire form of a node: identity, properties, children.
pub type Layout = (i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>);

/// One entry and its children. Invisible entries are left out.
#[derive(Debug)]
pub struct MenuNode {
    pub id: i32,
    pub label: String,
    pub enabled: bool,
    pub separator: bool,
    pub checked: Option<bool>,
    pub children: Vec<MenuNode>,
}

impl MenuNode {
    /// The node of a `GetLayout` reply.
    pub fn read((id, properties, children): Layout) -> Self {
        let children = children.into_iter().map(|child| Layout::try_from(child).unwrap());
        let visible = children.filter(|(_, properties, _)| flag(properties, "visible"));
        Self {
            id,
            label: without_mnemonics(&text(&properties, "label")),
            enabled: flag(&properties, "enabled"),
            separator: text(&properties, "type") == "separator",
            checked: toggle_state(&properties),
            children: visible.map(Self::read).collect(),
        }
    }

    /// The entry at the labels of `path`, which may begin in a submenu; a label ending in `*` matches its beginning.
    pub fn find(&self, path: &[&str]) -> Option<&Self> {
        let [first, rest @ ..] = path else {
            return Some(self);
        };
        let named = |child: &&Self| match first.strip_suffix('*') {
            Some(beginning) => child.label.starts_with(beginning),
            None => child.label == *first,
        };
        match self.children.iter().find(named) {
            Some(child) => child.find(rest),
            None => self.children.iter().find_map(|child| child.find(path)),
        }
    }

    /// The labels of its entries from top to bottom, a separator as `-`.
    pub fn labels(&self) -> Vec<&str> {
        let entries = self.children.iter();
        entries.map(|child| if child.separator { "-" } else { child.label.as_str() }).collect()
    }

    /// The labels of its entries with a set check mark.
    pub fn checked_labels(&self) -> Vec<&str> {
        let checked = self.children.iter().filter(|child| child.checked == Some(true));
        checked.map(|child| child.label.as_str()).collect()
    }

    /// The entries above the first separator: the live rows, each with its chart. A warning takes the place of that
    /// separator, and is among the entries up to the next one.
    pub fn rows(&self) -> Vec<&Self> {
        self.children.iter().take_while(|child| !child.separator).collect()
    }

    /// The charts under the live rows.
    pub fn charts(&self) -> Option<[&str; 2]> {
        let rows = self.rows();
        Some([&rows.get(1)?.label, &rows.get(3)?.label])
    }

    /// The warning row under the live ones.
    pub fn warning(&self) -> Option<&Self> {
        self.rows().get(4).copied()
    }
}

fn text(properties: &HashMap<String, OwnedVariant>, key: &str) -> String {
    let value = properties.get(key).cloned();
    value.and_then(|value| String::try_from(value).ok()).unwrap_or_default()
}

/// The flags of a menu entry are true when they are not sent.
fn flag(properties: &HashMap<String, OwnedVariant>, key: &str) -> bool {
    let value = properties.get(key).cloned();
    value.and_then(|value| bool::try_from(value).ok()).unwrap_or(true)
}

fn toggle_state(properties: &HashMap<String, OwnedVariant>) -> Option<bool> {
    let state = i32::try_from(properties.get("toggle-state")?.clone()).ok()?;
    Some(state == 1)
}

/// The protocol's rule: one underscore marks the next letter, two are a real one.
fn without_mnemonics(label: &str) -> String {
    let mut plain = String::new();
    let mut letters = label.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '_' => plain.extend(letters.next()),
            other => plain.push(other),
        }
    }
    plain
}
