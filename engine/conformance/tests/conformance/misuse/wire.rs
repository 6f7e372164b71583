//! A message by its wire format: its fields, and the message with one of them damaged.

use std::ops::Range;

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

/// What a field may be damaged to.
#[derive(Clone, Debug)]
pub(super) enum Damage {
    Drop,
    Number(i64),
    Text(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Message,
}

/// A field, wherever it is in a message.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The tags that lead to it: `2.1`.
    pub(super) path: String,
    pub(super) kind: Kind,
    pub(super) content: Vec<u8>,
    /// Where in the message it is, its key included, and where all those are that hold it, outermost first.
    place: Range<usize>,
    holders: Vec<Holder>,
    tag: u32,
}

#[derive(Clone, Debug)]
struct Holder {
    tag: u32,
    place: Range<usize>,
    content: Range<usize>,
}

/// All fields of a message and of what is in it. `token` is taken as it is: each home has its own.
pub(super) fn fields(message: &[u8], token: &[u8]) -> Vec<Field> {
    let mut found = Vec::new();
    let whole = 0..message.len();
    read(message, whole, token, &Way { path: "", holders: &[] }, &mut found);
    found
}

struct Way<'a> {
    path: &'a str,
    holders: &'a [Holder],
}

/// `None`: it is no message.
fn read(
    message: &[u8],
    within: Range<usize>,
    token: &[u8],
    way: &Way<'_>,
    found: &mut Vec<Field>,
) -> Option<()> {
    let mut rest = &message[within.clone()];
    while !rest.is_empty() {
        let start = within.end - rest.len();
        let (tag, wire) = decode_key(&mut rest).ok()?;
        let path = if way.path.is_empty() { tag.to_string() } else { format!("{}.{tag}", way.path) };
        let (kind, content) = match wire {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                (Kind::Number, 0..0)
            }
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut rest).ok()?).ok()?;
                let from = within.end - rest.len();
                rest = rest.get(length..)?;
                (Kind::Text, from..from + length)
            }
            // No number that a client gives is of these.
            WireType::SixtyFourBit => {
                rest = rest.get(8..)?;
                continue;
            }
            WireType::ThirtyTwoBit | WireType::StartGroup | WireType::EndGroup => return None,
        };
        let place = start..within.end - rest.len();
        let at = found.len();
        found.push(Field {
            path: path.clone(),
            kind,
            content: message[content.clone()].to_vec(),
            place: place.clone(),
            holders: way.holders.to_vec(),
            tag,
        });
        if kind == Kind::Text && may_be_message(&message[content.clone()], token) {
            let holders = [way.holders, &[Holder { tag, place, content: content.clone() }]].concat();
            let way = Way { path: &path, holders: &holders };
            match read(message, content, token, &way, found) {
                Some(()) => found[at].kind = Kind::Message,
                None => found.truncate(at + 1),
            }
        }
    }
    Some(())
}

fn may_be_message(content: &[u8], token: &[u8]) -> bool {
    let is_text = content.iter().all(|byte| (b' '..=b'~').contains(byte));
    content != token && !is_text
}

/// The message with one of its fields damaged.
pub(super) fn damaged(message: &[u8], field: &Field, damage: &Damage) -> Vec<u8> {
    let mut bytes = Vec::new();
    match damage {
        Damage::Drop => {}
        Damage::Number(number) => {
            encode_key(field.tag, WireType::Varint, &mut bytes);
            encode_varint(number.cast_unsigned(), &mut bytes);
        }
        Damage::Text(text) => write(field.tag, text, &mut bytes),
    }
    let mut place = field.place.clone();
    for holder in field.holders.iter().rev() {
        let content =
            [&message[holder.content.start..place.start], &bytes, &message[place.end..holder.content.end]];
        let content = content.concat();
        bytes = Vec::new();
        write(holder.tag, &content, &mut bytes);
        place = holder.place.clone();
    }
    [&message[..place.start], &bytes, &message[place.end..]].concat()
}

fn write(tag: u32, content: &[u8], bytes: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use temporalio_protos::temporal::api::common::v1::WorkflowExecution;
    use temporalio_protos::temporal::api::workflowservice::v1::GetWorkflowExecutionHistoryRequest as Request;

    use super::*;

    fn request(run_id: &str, size: i32) -> Request {
        Request {
            namespace: "space".to_owned(),
            execution: Some(WorkflowExecution { workflow_id: "w".to_owned(), run_id: run_id.to_owned() }),
            maximum_page_size: size,
            next_page_token: vec![10, 1, 7],
            ..Request::default()
        }
    }

    #[test]
    fn each_field_is_found_and_damaged_alone() {
        let sound = request("r", 5).encode_to_vec();
        let found = fields(&sound, &[10, 1, 7]);
        let paths: Vec<&str> = found.iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["1", "2", "2.1", "2.2", "3", "4"]);
        let with = |at: usize, damage| Request::decode(&*damaged(&sound, &found[at], &damage)).unwrap();
        assert_eq!(with(1, Damage::Drop), Request { execution: None, ..request("r", 5) });
        assert_eq!(with(3, Damage::Drop), request("", 5));
        assert_eq!(with(3, Damage::Text(b"other".to_vec())), request("other", 5));
        assert_eq!(with(4, Damage::Number(-1)), request("r", -1));
        assert!(with(5, Damage::Drop).next_page_token.is_empty());
    }
}
