//! The settings that act in the person's name beside the actions and the push: others must not be able to write them.

/// The repository that is asked for newer versions, whose page a click opens.
pub const UPDATES_FROM: &str = "updates_from";
/// The address at which metrics are served.
pub const LISTEN: &str = "metrics.listen";
/// The token that opens the metrics.
pub const TOKEN: &str = "metrics.token";

/// The keys of these settings.
pub const NEED_TRUST: [&str; 3] = [UPDATES_FROM, LISTEN, TOKEN];
