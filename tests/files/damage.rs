//! Files that were cut off, or of which a letter was changed.

use coopwright::yaml::Faults;

/// Reads each of them; fails if one is refused without a fault.
pub(crate) fn each_is_read_or_refused(sample: &str, parse: impl Fn(&str) -> Result<(), Faults>) {
    let mut outcomes = [0, 0];
    let mut read = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let Err(faults) = parse(&text) else {
            outcomes[0] += 1;
            return;
        };
        outcomes[1] += 1;
        assert_ne!(faults.iter().count(), 0, "refused without a fault:\n{text}");
        assert!(faults.iter().all(|fault| fault.line > 0 && fault.column > 0));
        assert!(!faults.to_string().is_empty());
    };
    for end in 0..sample.len() {
        read(&sample.as_bytes()[..end]);
    }
    for index in 0..sample.len() {
        for byte in [b'\n', b':', b'{', b'"', b'&', 0xff] {
            let mut bytes = sample.as_bytes().to_vec();
            bytes[index] = byte;
            read(&bytes);
        }
    }
    assert!(outcomes.iter().all(|count| *count > 20), "{outcomes:?}");
}
