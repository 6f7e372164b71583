//! How long a label of another script is in the domain name system (RFC 3492, section 6.3).

const BASE: u32 = 36;
const THRESHOLD_MIN: u32 = 1;
const THRESHOLD_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_CODE: u32 = 128;

/// Labels longer than this are not even tried; none of them fits.
const CHARS_MAX: usize = 256;

/// The bytes of `label` in its encoded form, `xn--` included; `None` when it can't be encoded.
pub(super) fn encoded_bytes(label: &str) -> Option<usize> {
    let codes: Vec<u32> = label.to_lowercase().chars().map(u32::from).collect();
    if codes.len() > CHARS_MAX {
        return None;
    }
    let plain = codes.iter().filter(|code| **code < INITIAL_CODE).count();
    let mut bytes = "xn--".len() + plain + usize::from(plain > 0);
    let (mut least, mut delta, mut bias) = (INITIAL_CODE, 0_u32, INITIAL_BIAS);
    let mut handled = u32::try_from(plain).ok()?;
    let total = u32::try_from(codes.len()).ok()?;
    while handled < total {
        let next = codes.iter().copied().filter(|code| *code >= least).min()?;
        delta = delta.checked_add((next - least).checked_mul(handled + 1)?)?;
        least = next;
        for code in &codes {
            if *code < least {
                delta = delta.checked_add(1)?;
            } else if *code == least {
                bytes += digits(delta, bias);
                bias = adapt(delta, handled + 1, handled as usize == plain);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        least = least.checked_add(1)?;
    }
    Some(bytes)
}

/// The digits of `delta` as a number of variable length.
fn digits(mut delta: u32, bias: u32) -> usize {
    let mut count = 1;
    let mut weight = BASE;
    loop {
        let threshold = weight.saturating_sub(bias).clamp(THRESHOLD_MIN, THRESHOLD_MAX);
        if delta < threshold {
            return count;
        }
        delta = (delta - threshold) / (BASE - threshold);
        weight += BASE;
        count += 1;
    }
}

fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut weight = 0;
    while delta > (BASE - THRESHOLD_MIN) * THRESHOLD_MAX / 2 {
        delta /= BASE - THRESHOLD_MIN;
        weight += BASE;
    }
    weight + (BASE - THRESHOLD_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_labels_have_their_known_lengths() {
        for (label, encoded) in [
            ("日本", "xn--wgv71a"),
            ("bücher", "xn--bcher-kva"),
            ("пример", "xn--e1afmkfd"),
            ("例え", "xn--r8jz45g"),
        ] {
            assert_eq!(encoded_bytes(label), Some(encoded.len()), "{label}");
        }
    }
}
