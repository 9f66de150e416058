//! `top`: the applications that use the most.

pub mod now;
pub mod period;

use anyhow::Result;

use super::args::{Common, TopArgs};
use super::export::Export;
use crate::core::history::app_totals::AppOrder;
use crate::runtime::console::Form;

/// Prints the applications that use the most on stdout.
pub fn run(common: &Common, wanted: &TopArgs) -> Result<()> {
    let form = common.form();
    let Some(since) = wanted.since else { return now::run(form, wanted.watch) };
    let export = if wanted.csv { Some(Export::Csv) } else { (form == Form::Json).then_some(Export::Json) };
    period::run(since, wanted.by.unwrap_or(AppOrder::Cpu), export)
}
