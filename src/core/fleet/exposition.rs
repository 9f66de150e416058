//! The text format of Prometheus, version 0.0.4.
//!
//! Source: "Exposition formats" in Prometheus's documentation, "Text format details": in a HELP text the backslash and the line
//! feed are escaped, in a label's value the double quote too. All else is UTF-8 as it is.

use std::fmt::Write;

use super::table::MetricFamily;

/// The media type. Prometheus 3 refuses a scrape without it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The table as text.
pub fn text(families: &[MetricFamily]) -> String {
    let mut text = String::new();
    for MetricFamily { name, kind, help, samples } in families {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {}", escape(help), kind.key());
        for sample in samples {
            text.push_str(name);
            for (at, (label, value)) in sample.labels.iter().enumerate() {
                let before = if at == 0 { '{' } else { ',' };
                let _ = write!(text, "{before}{label}=\"{}\"", escape(value).replace('"', "\\\""));
            }
            let end = if sample.labels.is_empty() { "" } else { "}" };
            let _ = writeln!(text, "{end} {}", sample.value);
        }
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::fleet::table::{MetricKind, MetricSample};

    #[test]
    fn values_of_labels_and_help_are_escaped() {
        let labels = vec![("host", "a\\b\"c\nd é 漢\u{1f9f5}".to_owned()), ("metric", String::new())];
        let samples = vec![MetricSample { labels, value: 1.0 }, MetricSample { labels: Vec::new(), value: 0.25 }];
        let family = MetricFamily { name: "x", kind: MetricKind::Counter, help: "a \\ \"b\"\nc", samples };
        assert_eq!(
            text(&[family]),
            "# HELP x a \\\\ \"b\"\\nc\n# TYPE x counter\nx{host=\"a\\\\b\\\"c\\nd é 漢\u{1f9f5}\",metric=\"\"} 1\nx 0.25\n"
        );
    }

    #[test]
    fn large_and_small_values_are_written_in_full() {
        let samples = [17_179_869_184.0, 1_795_891_784.807, 0.000_001, 0.0];
        let samples = samples.map(|value| MetricSample { labels: Vec::new(), value }).to_vec();
        let family = MetricFamily { name: "x", kind: MetricKind::Gauge, help: "h", samples };
        let text = text(&[family]);
        let values: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(values, ["x 17179869184", "x 1795891784.807", "x 0.000001", "x 0"]);
    }
}
