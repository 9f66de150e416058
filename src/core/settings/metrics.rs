//! The settings of the metrics for servers that watch many machines.

use ::core::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::action::{Action, ActionKind, Preset};
use crate::core::duration;
use crate::core::text::fleet::endpoint::NOT_AN_ADDRESS;

/// The settings in `metrics`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// The address at which metrics are served; `None` for no endpoint.
    pub listen: Option<SocketAddr>,
    /// The token that every request must bear, with variables such as `${TOKEN}`; `None` for none.
    pub token: Option<String>,
    /// The server to which metrics are pushed; `None` for none.
    pub push: Option<PushSettings>,
}

/// The settings in `metrics.push`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushSettings {
    /// The address and the headers, as those of a webhook: they have the same secrets, and need the same trust.
    pub target: Arc<Action>,
    /// The interval between two pushes.
    pub every: Duration,
}

impl PushSettings {
    /// The interval unless the settings have another.
    pub const DEFAULT_EVERY: Duration = Duration::from_secs(60);
    /// The time limit of one request.
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Pushes to `url`, every minute. Only one who knows where the text came from can tell whether it is trusted.
    pub fn new(url: String, headers: Vec<(String, String)>) -> PushSettings {
        let target = Action {
            name: "metrics.push".into(),
            on_alert: false,
            on_recovery: false,
            on_forecast: false,
            metrics: Vec::new(),
            min_interval: Duration::ZERO,
            timeout: PushSettings::TIMEOUT,
            // Like an Alertmanager, the server knows nobody by the path alone.
            kind: ActionKind::Webhook { url, preset: Preset::Alertmanager, headers },
            is_machine_wide: false,
            is_trusted: false,
        };
        PushSettings { target: Arc::new(target), every: PushSettings::DEFAULT_EVERY }
    }

    /// The address as it stands in the settings; `None` where the target is no webhook.
    pub fn url(&self) -> Option<&str> {
        if let ActionKind::Webhook { url, .. } = &self.target.kind { Some(url) } else { None }
    }

    fn to_value(&self) -> Value {
        let ActionKind::Webhook { url, headers, .. } = &self.target.kind else { return Value::Null };
        let headers: Value = headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({ "url": url, "headers": headers, "every": duration::write(self.every) })
    }
}

impl MetricsSettings {
    /// The default: nothing is served or pushed.
    pub const DEFAULT: MetricsSettings = MetricsSettings { listen: None, token: None, push: None };

    /// The settings as they stand in the file.
    pub fn to_value(&self) -> Value {
        let (listen, push) =
            (self.listen.map(|address| address.to_string()), self.push.as_ref().map(PushSettings::to_value));
        json!({ "listen": listen, "token": self.token, "push": push })
    }
}

/// Parses an address with its port: `127.0.0.1:9912`, `[::1]:9912`. The error is meant to follow the offending text.
pub fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| NOT_AN_ADDRESS.to_owned())
}
