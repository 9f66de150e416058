//! The address of a server, and the queries that it is asked.

use crate::core::actions::address::slip;
use crate::core::text::fleet::asking as text;

/// The path of an instant query, below the address of the server.
///
/// Source: Prometheus, "HTTP API", "Instant queries". VictoriaMetrics has the same.
const PATH: &str = "/api/v1/query";

/// The values of each target at this moment, with all its labels: two targets of one job and instance may be two machines. A
/// target of the job `loadline` that gives no values is there by its `up` alone: the rule `LoadlineMachineSilent` has the same
/// job. `or` does not look at names, and would leave out the `up` of what has values: so that has a label of its own.
pub const NOW: &str = "{__name__=~\"\
    loadline_cpu_usage_ratio|loadline_memory_used_bytes|loadline_memory_size_bytes|loadline_alert_firing|\
    loadline_last_reading_timestamp_seconds|loadline_host_info\"} or \
    label_replace(up{job=\"loadline\"}, \"metric\", \"up\", \"\", \"\")";

/// The last reading and the names of each target of the last day: the silent ones among them have no value in [`NOW`].
pub const LAST_DAY: &str =
    "last_over_time({__name__=~\"loadline_last_reading_timestamp_seconds|loadline_host_info\"}[1d])";

/// The address of a server, such as `http://127.0.0.1:9090`; a path may follow, and parameters for each query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    base: String,
    parameters: String,
}

impl ServerUrl {
    /// Parses the address. The error is meant to follow the offending text.
    pub fn parse(given: &str) -> Result<ServerUrl, String> {
        let given = given.trim();
        if let Some(slip) = slip(given) {
            return Err(text::in_address(slip));
        }
        let (scheme, rest) = given.split_once("://").ok_or_else(|| text::no_scheme(given))?;
        let (authority, _) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) || authority.is_empty() {
            return Err(text::NO_WEB_ADDRESS.into());
        }
        if authority.contains('@') {
            return Err(text::HAS_USER.into());
        }
        let address = given.split('#').next().unwrap_or_default();
        let (base, parameters) = address.split_once('?').unwrap_or((address, ""));
        let base = base.trim_end_matches('/');
        let base = base.strip_suffix(PATH).unwrap_or(base);
        Ok(ServerUrl { base: base.into(), parameters: parameters.into() })
    }

    /// The host and its port, as given.
    pub fn name(&self) -> &str {
        let rest = self.base.split_once("://").map_or(self.base.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// The address of an instant query of `expression`.
    pub fn query(&self, expression: &str) -> String {
        let between = if self.parameters.is_empty() { "" } else { "&" };
        format!("{}{PATH}?{}{between}query={}", self.base, self.parameters, encoded(expression))
    }
}

/// `text` as the value of a parameter. Source: RFC 3986, 2.1 and 2.3.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_query_follows_that_of_the_address() {
        for (given, address, name) in [
            ("http://h:9090", "http://h:9090/api/v1/query?query=up", "h:9090"),
            (" https://h/prometheus/ ", "https://h/prometheus/api/v1/query?query=up", "h"),
            ("http://h:9090/api/v1/query", "http://h:9090/api/v1/query?query=up", "h:9090"),
            ("http://[::1]:8428?tenant=1#x", "http://[::1]:8428/api/v1/query?tenant=1&query=up", "[::1]:8428"),
        ] {
            let server = ServerUrl::parse(given).unwrap();
            assert_eq!((server.query("up").as_str(), server.name()), (address, name));
        }
        let query = ServerUrl::parse("http://h").unwrap().query("{a=~\"ä|+\"} > 1");
        assert!(query.ends_with("?query=%7Ba%3D~%22%C3%A4%7C%2B%22%7D%20%3E%201"), "{query}");
    }

    #[test]
    fn an_address_with_a_slip_is_refused_with_the_way_out() {
        for (given, reason) in [
            ("localhost:9090", "write it as 'http://localhost:9090'"),
            ("", "write it as 'http://'"),
            ("htp://h:9090", "is not a web address: it begins with http:// or https://"),
            ("http://", "is not a web address: it begins with http:// or https://"),
            ("http:///x", "is not a web address: it begins with http:// or https://"),
            ("http://h:99999", "cannot be used: the address has a port that there is not"),
            ("http://h h", "cannot be used: the address has a space"),
            ("http://me:secret@h", "holds a name or password, which is not sent"),
        ] {
            let problem = ServerUrl::parse(given).unwrap_err();
            assert!(problem.contains(reason), "{given}: {problem}");
        }
    }
}
