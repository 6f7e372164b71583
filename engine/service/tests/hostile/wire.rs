//! Well-formed messages with hostile values: a message is taken apart by its wire format, and its fields are
//! changed, doubled and left out.

use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};

/// What a field may be damaged to.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Leave,
    Drop,
    Double,
    Number(u64),
    Text(Vec<u8>),
}

#[derive(Clone, Debug)]
enum Value {
    Number(u64),
    Fixed(WireType, Vec<u8>),
    Bytes(Vec<u8>),
    Message(Vec<(u32, Value)>),
}

/// The message with its fields damaged, in the order in which they are met; what is left of `damages` is not
/// used.
pub(crate) fn damaged(message: &[u8], damages: &[Damage]) -> Vec<u8> {
    let Some(fields) = parsed(message, 0) else { return message.to_vec() };
    let mut damages = damages.iter();
    let mut bytes = Vec::new();
    write(&fields, &mut damages, &mut bytes);
    bytes
}

fn write<'a>(fields: &[(u32, Value)], damages: &mut impl Iterator<Item = &'a Damage>, bytes: &mut Vec<u8>) {
    for (tag, value) in fields {
        let damage = damages.next().unwrap_or(&Damage::Leave);
        let times = match damage {
            Damage::Drop => continue,
            Damage::Double => 2,
            _ => 1,
        };
        for _ in 0..times {
            match (value, damage) {
                (Value::Number(_), Damage::Number(number)) => write_number(*tag, *number, bytes),
                (Value::Number(number), _) => write_number(*tag, *number, bytes),
                (Value::Fixed(wire, content), _) => {
                    encode_key(*tag, *wire, bytes);
                    bytes.extend_from_slice(content);
                }
                (Value::Bytes(_), Damage::Text(text)) => write_bytes(*tag, text, bytes),
                (Value::Bytes(content), _) => write_bytes(*tag, content, bytes),
                (Value::Message(inner), _) => {
                    let mut content = Vec::new();
                    write(inner, damages, &mut content);
                    write_bytes(*tag, &content, bytes);
                }
            }
        }
    }
}

fn write_number(tag: u32, number: u64, bytes: &mut Vec<u8>) {
    encode_key(tag, WireType::Varint, bytes);
    encode_varint(number, bytes);
}

fn write_bytes(tag: u32, content: &[u8], bytes: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, bytes);
    encode_varint(content.len() as u64, bytes);
    bytes.extend_from_slice(content);
}

/// The fields of a message; `None` if it is none.
fn parsed(mut bytes: &[u8], depth: usize) -> Option<Vec<(u32, Value)>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (tag, wire) = decode_key(&mut bytes).ok()?;
        let value = match wire {
            WireType::Varint => Value::Number(decode_varint(&mut bytes).ok()?),
            WireType::SixtyFourBit => Value::Fixed(wire, taken(&mut bytes, 8)?),
            WireType::ThirtyTwoBit => Value::Fixed(wire, taken(&mut bytes, 4)?),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let content = taken(&mut bytes, length)?;
                // A text that could be a message is one: both are tried often enough.
                match parsed(&content, depth + 1).filter(|inner| depth < 8 && !inner.is_empty()) {
                    Some(inner) => Value::Message(inner),
                    None => Value::Bytes(content),
                }
            }
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        fields.push((tag, value));
    }
    Some(fields)
}

fn taken(bytes: &mut &[u8], length: usize) -> Option<Vec<u8>> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken.to_vec())
}
