//! A name that is a formula: every table in CSV shows it as text, whichever sign a spreadsheet parts cells at.

use csv::ReaderBuilder;

use super::Past;

/// Names that a process can choose, or that stand in a file that somebody else made.
const NAMES: [&str; 9] =
    ["=HYPERLINK(0)", "+1", "@SUM(A1)", "\t=1", "x;=1+1", "x; @SUM(A1)", "x\";=1+1", "x;\t-1", "a,b;\u{ff1d}1"];

/// A home whose history holds each of the names in each table that keeps names.
fn hostile() -> Past {
    let past = Past::new();
    let sql = &past.file.sql;
    for (n, name) in NAMES.into_iter().enumerate() {
        let (n, at) = (n as i64 + 1, past.ago(n as i64 + 5));
        let processes = serde_json::json!([{"name": name, "pids": [1], "cpu_percent": 100, "memory_bytes": 1}]);
        past.alert(at, None, Some(name), &processes.to_string());
        let at = at.as_millisecond();
        sql.execute("INSERT INTO app VALUES (?1, ?2)", (n, name)).unwrap();
        sql.execute("INSERT INTO app_look VALUES (?1, 300000, 250000, 4000, 1)", [at]).unwrap();
        sql.execute("INSERT INTO app_use VALUES (?1, ?2, 1000, 100)", (at, n)).unwrap();
        sql.execute("INSERT INTO forecast VALUES (?1, 80, 1000, 100, 10, 1000, 0, ?2)", (at, name)).unwrap();
        sql.execute("INSERT INTO grower VALUES (?1, ?2, 10, 0)", (at, name)).unwrap();
    }
    past
}

#[test]
fn no_cell_of_any_table_is_a_formula() {
    let past = hostile();
    for (arguments, rows) in [
        (&["history", "--alerts", "--csv"][..], 1 + 2 * NAMES.len()),
        (&["top", "--since", "1d", "--csv"], 1 + NAMES.len() + 1),
    ] {
        let csv = past.output(arguments);
        assert_eq!(csv.lines().count(), rows, "{csv}");
        for delimiter in [b',', b';', b'\t'] {
            let mut table =
                ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(csv.as_bytes());
            for cell in table.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                let text = cell.trim_start_matches([' ', '"']);
                assert!(!text.starts_with(['=', '+', '-', '@', '\t', '\u{ff1d}']), "{arguments:?}: {cell:?} in {csv}");
            }
        }
    }
}

#[test]
fn the_mark_stands_where_the_cell_begins() {
    let csv = hostile().output(&["top", "--since", "1d", "--csv"]);
    for beginning in ["'=HYPERLINK(0),", "x;'=1+1,", "x; '@SUM(A1),"] {
        assert!(csv.lines().any(|line| line.starts_with(beginning)), "{beginning} in {csv}");
    }
}
