//! A range of published records in one piece, as the database sends it.
//!
//! Each record is its length as four bytes, big end first, then that many bytes. One value
//! instead of a row per code: the reader builds no object per code.

/// The records of `packed`, in order; `None` when a length does not fit.
#[must_use]
pub fn unpack(packed: &[u8]) -> Option<Vec<&[u8]>> {
    let mut records = Vec::new();
    let mut rest = packed;
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        records.push(behind.get(..length)?);
        rest = &behind[length..];
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::unpack;

    /// Records come back as they were put in, empty ones too.
    #[test]
    fn unpacks_in_order() {
        assert_eq!(
            Some(vec![&b"ab"[..], &b""[..], &b"c"[..]]),
            unpack(b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c")
        );
        assert_eq!(Some(vec![]), unpack(b""));
    }

    /// A length beyond the end, or half a length, is refused.
    #[test]
    fn refuses_a_torn_end() {
        assert_eq!(None, unpack(b"\0\0\0\x03ab"));
        assert_eq!(None, unpack(b"\0\0\0"));
    }
}
