//! Frames of a GIF, counted by walking its blocks; no picture is decoded.

/// Counting stops here. The strictest platform limit is 250 frames (LinkedIn) and the widest 350 (X), so
/// a larger number says only "too many".
pub const FRAMES_MAX: u32 = 10_000;

/// How many pictures the file holds, at most [`FRAMES_MAX`]; `None` when its blocks don't add up.
///
/// A file that ends after at least one whole picture counts: readers show it, too.
#[must_use]
pub fn frames(bytes: &[u8]) -> Option<u32> {
    let mut at = Cursor { bytes, position: 6 };
    let screen = at.take(7)?;
    at.skip(color_table_bytes(screen[4]))?;
    let mut frames = 0;
    while frames < FRAMES_MAX {
        let Some(block) = at.byte() else { break };
        let whole = match block {
            0x21 => at.byte().and_then(|_label| at.skip_sub_blocks()),
            0x2c => at.skip_picture(),
            0x3b => return (frames > 0).then_some(frames),
            _ => return None,
        };
        if whole.is_none() {
            break;
        }
        if block == 0x2c {
            frames += 1;
        }
    }
    (frames > 0).then_some(frames)
}

fn color_table_bytes(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 0x07) + 1) }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.position..self.position.checked_add(count)?)?;
        self.position += count;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|taken| taken[0])
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn skip_sub_blocks(&mut self) -> Option<()> {
        loop {
            let length = usize::from(self.byte()?);
            if length == 0 {
                return Some(());
            }
            self.skip(length)?;
        }
    }

    fn skip_picture(&mut self) -> Option<()> {
        let descriptor = self.take(9)?;
        self.skip(color_table_bytes(descriptor[8]) + 1)?;
        self.skip_sub_blocks()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A GIF of one pixel with so many pictures.
    pub(crate) fn gif(frames: u32) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff".to_vec();
        for _ in 0..frames {
            bytes.extend(b"\x21\xf9\x04\x00\x0a\x00\x00\x00");
            bytes.extend(b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00");
        }
        bytes.push(0x3b);
        bytes
    }

    #[test]
    fn frames_are_counted_without_decoding() {
        assert_eq!(frames(&gif(1)), Some(1));
        assert_eq!(frames(&gif(351)), Some(351));
    }

    #[test]
    fn counting_ends_at_the_limit() {
        assert_eq!(frames(&gif(FRAMES_MAX + 50)), Some(FRAMES_MAX));
    }

    #[test]
    fn a_torn_or_hostile_file_never_panics() {
        let whole = gif(3);
        assert_eq!(frames(&whole[..whole.len() - 3]), Some(2), "two whole pictures are there");
        for end in 0..whole.len() {
            let _ = frames(&whole[..end]);
        }
        assert_eq!(frames(b"GIF89a\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!(frames(&gif(0)), None);
    }
}
