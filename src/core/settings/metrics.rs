//! The settings of the metrics for servers that watch many machines.

use ::core::net::SocketAddr;

use serde_json::{Value, json};

use crate::core::text::fleet::endpoint::NOT_AN_ADDRESS;

/// The settings in `metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The address at which metrics are served; `None` for no endpoint.
    pub listen: Option<SocketAddr>,
    /// The token that every request must bear, with variables such as `${TOKEN}`; `None` for none.
    pub token: Option<String>,
}

impl MetricsSettings {
    /// The default: nothing is served.
    pub const DEFAULT: MetricsSettings = MetricsSettings { listen: None, token: None };

    /// The settings as they stand in the file.
    pub fn to_value(&self) -> Value {
        json!({ "listen": self.listen.map(|address| address.to_string()), "token": self.token })
    }
}

/// Parses an address with its port: `127.0.0.1:9912`, `[::1]:9912`. The error is meant to follow the offending text.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| NOT_AN_ADDRESS.to_owned())
}
