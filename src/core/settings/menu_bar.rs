//! The parts of the menu bar item, and its icon.

/// The visible parts of the menu bar item. At least one is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MenuBar {
    pub cpu: bool,
    pub memory: bool,
    pub icon: IconStyle,
    /// The numbers have their names beside them: `CPU 23%  MEM 61%`, not `23%  61%`.
    pub words: bool,
}

/// The content of the icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IconStyle {
    /// Numbers where the panel shows no text beside the icon, else bars. On macOS the mark.
    Auto,
    /// The percentages, CPU above memory.
    Numbers,
    /// A bar for each percentage, crossed by its load line.
    Bars,
    /// No icon. On Linux the mark: an item without an icon could not be clicked.
    Off,
}

impl IconStyle {
    /// The styles that the menu offers.
    pub const CHOICES: [IconStyle; 3] = [IconStyle::Numbers, IconStyle::Bars, IconStyle::Off];

    /// The style without `Auto`. `shows_text` says whether the panel shows text beside the icon.
    pub fn resolved(self, shows_text: bool) -> IconStyle {
        match self {
            IconStyle::Auto if shows_text => IconStyle::Bars,
            IconStyle::Auto => IconStyle::Numbers,
            chosen => chosen,
        }
    }
}

/// A part of the menu bar item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Cpu,
    Memory,
    Icon,
    Words,
}

impl Part {
    /// All, in the order of the menu.
    pub const ALL: [Part; 4] = [Part::Cpu, Part::Memory, Part::Icon, Part::Words];
}

impl MenuBar {
    /// The default: both numbers and the icon. Words would double the width, and a notch hides what does not fit.
    pub const DEFAULT: MenuBar = MenuBar { cpu: true, memory: true, icon: IconStyle::Auto, words: false };

    /// Whether `part` is shown.
    pub fn shows(self, part: Part) -> bool {
        match part {
            Part::Cpu => self.cpu,
            Part::Memory => self.memory,
            Part::Icon => self.icon != IconStyle::Off,
            Part::Words => self.words,
        }
    }

    /// The same with `part` toggled; unchanged if no part would be left to click on.
    pub fn toggled(mut self, part: Part) -> MenuBar {
        let before = self;
        match part {
            Part::Cpu => self.cpu = !self.cpu,
            Part::Memory => self.memory = !self.memory,
            Part::Icon if self.icon == IconStyle::Off => self.icon = IconStyle::Auto,
            Part::Icon => self.icon = IconStyle::Off,
            Part::Words => self.words = !self.words,
        }
        if self.is_valid() { self } else { before }
    }

    /// The same with this icon; unchanged if no part would be left to click on.
    pub fn with_icon(self, icon: IconStyle) -> MenuBar {
        let changed = MenuBar { icon, ..self };
        if changed.is_valid() { changed } else { self }
    }

    /// Whether any part is shown. Words are none: they stand beside numbers.
    pub fn is_valid(self) -> bool {
        self.cpu || self.memory || self.icon != IconStyle::Off
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_the_menu_bar_item_cannot_be_hidden() {
        let only_cpu = MenuBar::DEFAULT.toggled(Part::Memory).toggled(Part::Icon);
        assert_eq!(only_cpu, MenuBar { cpu: true, memory: false, icon: IconStyle::Off, words: false });
        assert_eq!(only_cpu.toggled(Part::Cpu), only_cpu);
        let in_words = only_cpu.toggled(Part::Words);
        assert!(in_words.words);
        assert_eq!(in_words.toggled(Part::Cpu), in_words, "words alone are nothing");
        let only_icon = MenuBar { cpu: false, memory: false, icon: IconStyle::Numbers, words: false };
        assert_eq!(only_icon.with_icon(IconStyle::Off), only_icon);
        assert_eq!(only_icon.toggled(Part::Icon), only_icon);
    }

    #[test]
    fn an_icon_that_is_shown_again_is_the_default() {
        let hidden = MenuBar::DEFAULT.with_icon(IconStyle::Bars).toggled(Part::Icon);
        assert_eq!(hidden.icon, IconStyle::Off);
        assert_eq!(hidden.toggled(Part::Icon), MenuBar::DEFAULT);
    }

    #[test]
    fn the_default_icon_shows_numbers_where_the_panel_shows_no_text() {
        assert_eq!([true, false].map(|text| IconStyle::Auto.resolved(text)), [IconStyle::Bars, IconStyle::Numbers]);
        for chosen in IconStyle::CHOICES {
            assert_eq!([true, false].map(|text| chosen.resolved(text)), [chosen; 2]);
        }
    }
}
