//! The answer to a query: from the bytes of the server to the values of its series.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::core::text::actions::webhook::status as status_text;
use crate::core::text::figures::truncate_chars;
use crate::core::text::fleet::asking as text;

/// The longest message of a server that is shown.
const MAX_MESSAGE_CHARS: usize = 300;

/// The value of a series at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesValue {
    pub labels: SeriesLabels,
    /// The value; `None` where it is no number.
    pub value: Option<f64>,
}

/// The answer to a query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    pub series: Vec<SeriesValue>,
    /// Some storage of the server has not answered: series may be missing.
    pub is_partial: bool,
}

/// The labels of a series. One that it has not is empty, as Prometheus has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesLabels {
    pub name: String,
    pub job: String,
    pub instance: String,
    pub host_id: String,
    pub host: String,
    pub metric: String,
    /// Those that its target has beside these, or the server has given it.
    pub others: BTreeMap<String, String>,
}

/// Source: Prometheus, "HTTP API", "Format overview" and "Instant vectors".
#[derive(Deserialize)]
struct QueryAnswer {
    /// `success` or `error`.
    status: String,
    data: Option<QueryVector>,
    error: Option<String>,
    /// Source: VictoriaMetrics, "Cluster version", "Cluster availability".
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

#[derive(Deserialize)]
struct QueryVector {
    result: Vec<VectorElement>,
}

#[derive(Deserialize)]
struct VectorElement {
    metric: BTreeMap<String, String>,
    /// The time of the query and the value.
    value: (f64, String),
}

/// The series in an answer with this status and body of the server `host`.
///
/// # Errors
/// One sentence where it is a refusal, or not an answer of a Prometheus. Text of the server in it is not escaped.
pub fn values(host: &str, status: u16, body: &str) -> Result<QueryResult, String> {
    let answer: Option<QueryAnswer> = serde_json::from_str(body).ok();
    let is_refusal = answer.as_ref().is_some_and(|answer| answer.status == "error");
    let is_partial = answer.as_ref().is_some_and(|answer| answer.is_partial);
    let (data, error) = answer.map_or((None, None), |answer| (answer.data, answer.error));
    match (status, data) {
        (200..300, Some(data)) if !is_refusal => {
            Ok(QueryResult { series: data.result.into_iter().map(SeriesValue::from).collect(), is_partial })
        }
        (401 | 403, _) => Err(text::wants_token(host, status)),
        _ if is_refusal => Err(text::refused(host, truncate_chars(&error.unwrap_or_default(), MAX_MESSAGE_CHARS))),
        (200..300 | 400 | 404 | 405, _) => Err(text::not_a_prometheus(host)),
        _ => Err(status_text(host, status)),
    }
}

impl From<BTreeMap<String, String>> for SeriesLabels {
    fn from(mut labels: BTreeMap<String, String>) -> SeriesLabels {
        let mut take = |name| labels.remove(name).unwrap_or_default();
        let [name, job, instance] = ["__name__", "job", "instance"].map(&mut take);
        let [host_id, host, metric] = ["host_id", "host", "metric"].map(take);
        SeriesLabels { name, job, instance, host_id, host, metric, others: labels }
    }
}

impl From<VectorElement> for SeriesValue {
    fn from(element: VectorElement) -> SeriesValue {
        let value = element.value.1.parse().ok().filter(|value: &f64| value.is_finite());
        SeriesValue { labels: element.metric.into(), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_vector_are_read() {
        let body = r#"{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[
            {"metric":{"__name__":"up","instance":"a","class":"x"},"value":[1795891784.807,"1"]},
            {"metric":{},"value":[1795891784,"NaN"]},
            {"metric":{},"value":[1795891784,"+Inf"]}]},"warnings":["w"],"stats":{"seriesFetched":"2"}}"#;
        let QueryResult { series: values, is_partial } = values("h", 200, body).unwrap();
        assert!(!is_partial);
        let others = [("class".to_owned(), "x".to_owned())].into();
        let labels = SeriesLabels { name: "up".into(), instance: "a".into(), others, ..SeriesLabels::default() };
        assert_eq!(values[0], SeriesValue { labels, value: Some(1.0) });
        let unknown = SeriesValue { labels: SeriesLabels::default(), value: None };
        assert_eq!(values[1..], [unknown.clone(), unknown]);
    }

    #[test]
    fn an_answer_without_some_of_the_storage_is_one_with_that_mark() {
        let body = r#"{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}"#;
        assert_eq!(values("h", 200, body), Ok(QueryResult { series: Vec::new(), is_partial: true }));
    }

    #[test]
    fn whatever_else_comes_is_named() {
        let refusal = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
        for (status, body, expected) in [
            (503, refusal, "'h' refuses the query: query timed out"),
            (200, "<html>", "'h' does not answer as a Prometheus does"),
            (404, "404 page not found", "'h' does not answer as a Prometheus does"),
            (200, r#"{"status":"success","data":{"result":[1]}}"#, "'h' does not answer as a Prometheus does"),
            (200, r#"{"status":"success"}"#, "'h' does not answer as a Prometheus does"),
            (200, &"[".repeat(100_000), "'h' does not answer as a Prometheus does"),
            (200, "", "'h' does not answer as a Prometheus does"),
            (401, "Unauthorized", "'h' wants to know whose query it is (401)"),
            (403, refusal, "'h' wants to know whose query it is (403)"),
            (502, "Bad Gateway", "'h' answered 502"),
        ] {
            let problem = values("h", status, body).unwrap_err();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
