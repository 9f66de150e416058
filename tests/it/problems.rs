//! The problem in the menu, and the way out that a click on it takes.

use loadline::core::messages::effect::{Effect, Event, Operation, ProblemRemedy, SettingsPane, UserCommand};
use loadline::core::settings::Settings;

use crate::support::engine::Driver;

#[test]
fn a_click_on_a_problem_takes_its_way_out() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let mut click = |failed: Operation| {
        let problem = "it fails".to_owned();
        driver.handle(Event::Outcome { operation: failed.clone(), result: Err(problem) });
        let effects = driver.handle(Event::Command(UserCommand::ResolveProblem));
        let remedy = driver.view().remedy;
        driver.handle(Event::Outcome { operation: failed, result: Ok(()) });
        (effects, remedy)
    };
    for (failed, pane) in
        [(Operation::Notify, SettingsPane::Notifications), (Operation::LoginItem, SettingsPane::LoginItems)]
    {
        let remedy = Some(ProblemRemedy::OpenSystemSettings(pane));
        assert_eq!(click(failed), (vec![Effect::OpenSystemSettings(pane)], remedy));
    }
    assert_eq!(click(Operation::ReadSettings), (vec![Effect::OpenSettings], Some(ProblemRemedy::OpenSettingsFile)));
    assert_eq!(click(Operation::Record), (vec![], None), "a full disk has no settings");
}

#[test]
fn a_click_goes_to_the_problem_in_the_row_and_without_one_nowhere() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let click = Event::Command(UserCommand::ResolveProblem);
    assert_eq!(driver.handle(click.clone()), []);
    for operation in [Operation::LoginItem, Operation::Notify, Operation::Sample] {
        driver.handle(Event::Outcome { operation, result: Err("it fails".into()) });
    }
    assert_eq!(driver.engine.problem().as_deref(), Some("Readings stopped: it fails"));
    assert_eq!((driver.handle(click.clone()), driver.view().remedy), (vec![], None));
    driver.handle(Event::Outcome { operation: Operation::Sample, result: Ok(()) });
    assert_eq!(driver.handle(click), [Effect::OpenSystemSettings(SettingsPane::Notifications)]);
}

#[test]
fn a_mistake_in_the_settings_is_said_once_and_is_gone_with_the_edit_that_mends_it() {
    let mut driver = Driver::new(Settings::DEFAULT);
    let mistakes = vec!["unknown key 'above', did you mean 'above_percent'?".to_owned(), "another".to_owned()];
    let with_mistakes = Settings { mistakes, ..Settings::DEFAULT };
    let read = |settings: &Settings| Event::SettingsRead(Ok(Box::new(settings.clone())));
    let said = "in the settings: unknown key 'above', did you mean 'above_percent'?; another".to_owned();
    assert_eq!(driver.handle(read(&with_mistakes)), [Effect::Warn(said)]);
    let row = "Settings: unknown key 'above', did you mean 'above_percent'?";
    assert_eq!(driver.engine.problem().as_deref(), Some(row));
    assert_eq!(driver.view().remedy, Some(ProblemRemedy::OpenSettingsFile));
    assert_eq!(driver.handle(read(&with_mistakes)), []);
    assert_eq!(driver.handle(read(&Settings::DEFAULT)), []);
    assert_eq!(driver.engine.problem(), None);
}
