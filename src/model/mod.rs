//! The pure part: what Loadline knows and decides. No clock, no IO, no threads, and nothing here can fail.
//!
//! In reading order: what is measured ([`metric`], [`reading`], [`time`], [`application`], [`culprit`]), what is decided
//! ([`rule`], [`alert`], [`engine`], [`action`]), what a person chose ([`settings`]) and what a person sees ([`view`],
//! [`said`], [`wording`]).

pub mod application;
pub mod culprit;
pub mod metric;
pub mod reading;
pub mod script;
pub mod span;
pub mod time;

pub mod action;
pub mod action_state;
pub mod advice;
pub mod alert;
pub mod announce;
pub mod answers;
pub mod buckets;
pub mod effect;
pub mod engine;
pub mod hindsight;
pub mod history;
pub mod lookout;
pub mod own_cost;
pub mod pace;
pub mod quiet;
pub mod recent;
pub mod retry;
pub mod rule;
pub mod said;
pub mod since;
pub mod snooze;
pub mod swap;
pub mod tally;
pub mod time_above;
pub mod time_mean;
pub mod tried;

pub mod actions_file;
pub mod settings;
pub mod settings_file;

pub mod environment;
pub mod escape;
pub mod message;
pub mod record;
pub mod report;
pub mod substitution;
pub mod trial;
pub mod view;
pub mod wording;
