//! Length and size of an MP4 or QuickTime film, read from its boxes (ISO/IEC 14496-12); nothing is decoded.

/// What the boxes say, where they say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Film {
    pub duration_ms: Option<u64>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// More boxes than this in one container are no film that a platform takes.
const BOXES_MAX: usize = 1_000;

/// Reads what it can find; a broken file gives an empty answer, never an error.
#[must_use]
pub fn film(bytes: &[u8]) -> Film {
    let Some(movie) = find(bytes, *b"moov") else { return Film::default() };
    let size = boxes(movie)
        .filter(|(name, _)| name == b"trak")
        .filter_map(|(_, track)| find(track, *b"tkhd").and_then(track_size))
        .max_by_key(|(width, height)| u64::from(*width) * u64::from(*height));
    Film {
        duration_ms: find(movie, *b"mvhd").and_then(movie_duration_ms),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
    }
}

fn find(bytes: &[u8], wanted: [u8; 4]) -> Option<&[u8]> {
    boxes(bytes).find(|(name, _)| *name == wanted).map(|(_, content)| content)
}

fn boxes(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (found, after) = next_box(rest)?;
        rest = after;
        Some(found)
    })
    .take(BOXES_MAX)
}

type Named<'a> = ([u8; 4], &'a [u8]);

fn next_box(bytes: &[u8]) -> Option<(Named<'_>, &[u8])> {
    let name: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
    let (header, length) = match be32(bytes, 0)? {
        0 => (8, bytes.len()),
        1 => (16, usize::try_from(be64(bytes, 8)?).ok()?),
        length => (8, usize::try_from(length).ok()?),
    };
    let content = bytes.get(header..length)?;
    Some(((name, content), bytes.get(length..)?))
}

fn movie_duration_ms(header: &[u8]) -> Option<u64> {
    let (scale, units) = match header.first()? {
        0 => (be32(header, 12)?, u64::from(be32(header, 16)?)),
        1 => (be32(header, 20)?, be64(header, 24)?),
        _ => return None,
    };
    units.checked_mul(1_000)?.checked_div(u64::from(scale))
}

/// Width and height in whole pixels, for tracks that show something.
fn track_size(header: &[u8]) -> Option<(u32, u32)> {
    let at = match header.first()? {
        0 => 76,
        1 => 88,
        _ => return None,
    };
    // 16.16 fixed point.
    let (width, height) = (be32(header, at)? >> 16, be32(header, at + 4)? >> 16);
    (width > 0 && height > 0).then_some((width, height))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(content.len() + 8).unwrap().to_be_bytes().to_vec();
        bytes.extend(name);
        bytes.extend(content);
        bytes
    }

    /// A film without pictures: only what probing reads.
    pub(crate) fn mp4(duration_ms: u32, width: u32, height: u32) -> Vec<u8> {
        let mut movie_header = vec![0; 12];
        movie_header.extend(1_000_u32.to_be_bytes());
        movie_header.extend(duration_ms.to_be_bytes());
        movie_header.extend([0; 80]);
        let track = |width: u32, height: u32| {
            let mut header = vec![0; 76];
            header.extend((width << 16).to_be_bytes());
            header.extend((height << 16).to_be_bytes());
            boxed(b"trak", &boxed(b"tkhd", &header))
        };
        let movie = [boxed(b"mvhd", &movie_header), track(0, 0), track(width, height)].concat();
        [boxed(b"ftyp", b"isom\0\0\x02\0isommp41"), boxed(b"mdat", &[7; 40]), boxed(b"moov", &movie)].concat()
    }

    #[test]
    fn length_and_size_are_read_wherever_the_movie_box_is() {
        let expected = Film { duration_ms: Some(12_345), width: Some(1_280), height: Some(720) };
        assert_eq!(film(&mp4(12_345, 1_280, 720)), expected);
    }

    #[test]
    fn broken_films_give_nothing_and_never_panic() {
        let whole = mp4(1_000, 64, 64);
        for end in 0..whole.len() {
            let _ = film(&whole[..end]);
        }
        assert_eq!(film(b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"), Film::default());
        assert_eq!(film(&[0; 64]), Film::default());
    }
}
