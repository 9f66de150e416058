//! Requests, read back by a decoder that follows the formats' own words.

use proptest::prelude::*;

use super::*;
use crate::core::fleet::push::series::TimedValue;

/// Takes a varint off the front.
fn take_varint(from: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(from, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint has ten bytes at the most")
}

/// Takes so many bytes off the front.
fn take<'a>(from: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = from.split_at(count);
    *from = rest;
    taken
}

/// Decodes a block of snappy with all of its elements but copies.
fn unsnapped(mut block: &[u8]) -> Vec<u8> {
    let length = take_varint(&mut block) as usize;
    let mut content = Vec::new();
    while !block.is_empty() {
        let tag = take(&mut block, 1)[0];
        assert_eq!(tag & 3, 0, "a literal");
        let size = match usize::from(tag >> 2) {
            short @ 0..60 => short,
            long => {
                let mut bytes = [0; 8];
                let count = long - 59;
                bytes[..count].copy_from_slice(take(&mut block, count));
                u64::from_le_bytes(bytes) as usize
            }
        };
        content.extend(take(&mut block, size + 1));
    }
    assert_eq!(content.len(), length);
    content
}

/// A field of a message: its bytes or its number.
enum Field<'a> {
    Bytes(&'a [u8]),
    Number(u64),
}

impl<'a> Field<'a> {
    fn bytes(&self) -> &'a [u8] {
        let Field::Bytes(bytes) = self else { panic!("bytes are wanted") };
        bytes
    }

    fn number(&self) -> u64 {
        let Field::Number(number) = self else { panic!("a number is wanted") };
        *number
    }
}

/// The fields of a message, each with its number in the message.
fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = take_varint(&mut message);
        let field = match key & 7 {
            0 => Field::Number(take_varint(&mut message)),
            1 => Field::Number(u64::from_le_bytes(take(&mut message, 8).try_into().unwrap())),
            2 => {
                let length = take_varint(&mut message) as usize;
                Field::Bytes(take(&mut message, length))
            }
            other => panic!("no field of kind {other} is written"),
        };
        found.push((key >> 3, field));
    }
    found
}

/// A series as it was read: names and values of labels, times and bits of values.
type DecodedSeries = (Vec<(String, String)>, Vec<(i64, u64)>);

fn decode_series(message: &[u8]) -> DecodedSeries {
    let (mut labels, mut samples) = (Vec::new(), Vec::new());
    for (number, field) in fields(message) {
        let parts = fields(field.bytes());
        assert_eq!(parts.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2]);
        let [first, second] = [&parts[0].1, &parts[1].1];
        let text = |field: &Field| String::from_utf8(field.bytes().to_vec()).unwrap();
        match number {
            1 => labels.push((text(first), text(second))),
            2 => samples.push((second.number().cast_signed(), first.number())),
            other => panic!("a series has no field {other}"),
        }
    }
    (labels, samples)
}

/// The series in the body of a request.
fn decode(body: &[u8]) -> Vec<DecodedSeries> {
    let message = unsnapped(body);
    let all = fields(&message);
    assert!(all.iter().all(|(number, _)| *number == 1));
    all.iter().map(|(_, field)| decode_series(field.bytes())).collect()
}

#[test]
fn a_request_has_the_bytes_that_servers_have_taken() {
    // By a script in Python, which knows nothing of this code.
    let written = "44f443000a420a0e0a085f5f6e616d655f5f120275700a080a036a6f6212\
                   0161121009000000000000f03f10e7d8f79ba234121409000000000000d0\
                   3f10ffffffffffffffffff01";
    let samples = vec![TimedValue { at_ms: 1_795_891_784_807, value: 1.0 }, TimedValue { at_ms: -1, value: 0.25 }];
    let series = Series { labels: vec![("__name__", "up".into()), ("job", "a".into())], samples };
    let hex: String = request(&[series]).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, written);
}

#[test]
fn a_request_without_series_is_an_empty_block() {
    assert_eq!(request(&[]), [0]);
    assert_eq!(decode(&[0]), []);
}

#[test]
fn a_message_longer_than_a_literal_has_several() {
    let value: String = "long ".repeat(50_000);
    let series = Series { labels: vec![("__name__", value.clone())], samples: Vec::new() };
    assert_eq!(decode(&request(&[series])), [(vec![("__name__".to_owned(), value)], Vec::new())]);
}

const NAMES: [&str; 4] = ["__name__", "host_id", "instance", "metric"];

proptest! {
    #[test]
    fn every_request_is_read_back(
        all in prop::collection::vec(
            (prop::collection::vec(".{0,40}", 0..4), prop::collection::vec((any::<i64>(), any::<u64>()), 0..4)),
            0..5,
        )
    ) {
        let series = |(values, samples): &(Vec<String>, Vec<(i64, u64)>)| Series {
            labels: NAMES.into_iter().zip(values.iter().cloned()).collect(),
            samples: samples.iter().map(|(at_ms, bits)| TimedValue { at_ms: *at_ms, value: f64::from_bits(*bits) }).collect(),
        };
        let decoded = |(values, samples): &(Vec<String>, Vec<(i64, u64)>)| -> DecodedSeries {
            let labels = NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.clone()));
            (labels.collect(), samples.clone())
        };
        let body = request(&all.iter().map(series).collect::<Vec<_>>());
        prop_assert_eq!(decode(&body), all.iter().map(decoded).collect::<Vec<_>>());
    }
}
