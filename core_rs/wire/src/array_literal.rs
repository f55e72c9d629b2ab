//! Array literals for the database: the columns of a commit, as text.
//!
//! The server parses an element in less time than a driver takes to encode one from Python, and a
//! column of numbers or checked names is made in one pass over the lines.

use quangate_stock::slab::Run;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
/// A typical element with its comma, to size buffers.
const ELEMENT_LEN_TYPICAL: usize = 16;

/// What a run of codes that were held has in place of a lease.
const NO_LEASE: i64 = 0;

/// One array being written. An array whose elements are all NULL comes out empty: the server reads
/// both alike, `a[i]` is NULL.
#[derive(Debug)]
pub struct ArrayLiteral {
    text: String,
    has_values: bool,
}

impl ArrayLiteral {
    /// An array for about `len` elements.
    #[must_use]
    pub fn new(len: usize) -> Self {
        let mut text = String::with_capacity(2 + len * ELEMENT_LEN_TYPICAL);
        text.push('{');
        Self {
            text,
            has_values: false,
        }
    }

    /// Appends NULL.
    pub fn null(&mut self) {
        self.comma();
        self.text.push_str("NULL");
    }

    /// Appends a number.
    pub fn number(&mut self, value: i64) {
        self.value();
        self.text.push_str(itoa::Buffer::new().format(value));
    }

    /// Appends a boolean.
    pub fn boolean(&mut self, value: bool) {
        self.value();
        self.text.push(if value { 't' } else { 'f' });
    }

    /// Appends text, quoted.
    pub fn text(&mut self, value: &str) {
        self.value();
        self.text.push('"');
        let mut rest = value;
        while let Some(at) = rest.find(['"', '\\']) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            self.text.push('\\');
            self.text.push_str(&special[..1]);
            rest = &special[1..];
        }
        self.text.push_str(rest);
        self.text.push('"');
    }

    /// Appends bytes, in `bytea`'s hex form.
    pub fn bytes(&mut self, value: &[u8]) {
        self.value();
        self.text.push_str(r#""\\x"#);
        for byte in value {
            for nibble in [byte >> 4, byte & 15] {
                self.text.push(HEX_DIGITS[usize::from(nibble)].into());
            }
        }
        self.text.push('"');
    }

    /// The literal.
    #[must_use]
    pub fn finish(mut self) -> String {
        if !self.has_values {
            return "{}".into();
        }
        self.text.push('}');
        self.text
    }

    fn value(&mut self) {
        self.comma();
        self.has_values = true;
    }

    fn comma(&mut self) {
        if self.text.len() > 1 {
            self.text.push(',');
        }
    }
}

/// The columns of a commit that say which codes it sells.
#[derive(Debug)]
pub struct ClaimedColumns {
    first: ArrayLiteral,
    line: ArrayLiteral,
    seq: ArrayLiteral,
    lease: ArrayLiteral,
    leases: Vec<(i64, i64)>,
    lines: i64,
    codes: i64,
}

impl ClaimedColumns {
    /// Columns for about `len` lines.
    #[must_use]
    pub fn new(len: usize) -> Self {
        Self {
            first: ArrayLiteral::new(len),
            line: ArrayLiteral::new(len),
            seq: ArrayLiteral::new(len),
            lease: ArrayLiteral::new(len),
            leases: Vec::new(),
            lines: 0,
            codes: 0,
        }
    }

    /// Appends a line that takes no codes.
    pub fn push_none(&mut self) {
        self.lines += 1;
        self.first.null();
    }

    /// Appends a line and the codes claimed for it; codes under [`NO_LEASE`] are vouched for otherwise.
    pub fn push(&mut self, runs: impl IntoIterator<Item = Run>) {
        self.lines += 1;
        self.first.number(self.codes + 1);
        for run in runs {
            let is_leased = run.lease_id != NO_LEASE;
            if is_leased && !self.leases.contains(&(run.lease_id, run.epoch)) {
                self.leases.push((run.lease_id, run.epoch));
            }
            for seq in run.seq_lo..run.seq_lo + i64::from(run.count) {
                self.line.number(self.lines);
                self.seq.number(seq);
                if is_leased {
                    self.lease.number(run.lease_id);
                } else {
                    self.lease.null();
                }
            }
            self.codes += i64::from(run.count);
        }
    }

    /// Where each line's codes begin (from 1); then per code its line, position and lease; then
    /// every lease once, with its epoch.
    #[must_use]
    pub fn finish(self) -> [String; 6] {
        let mut ids = ArrayLiteral::new(self.leases.len());
        let mut epochs = ArrayLiteral::new(self.leases.len());
        for (id, epoch) in &self.leases {
            ids.number(*id);
            epochs.number(*epoch);
        }
        [self.first, self.line, self.seq, self.lease, ids, epochs].map(ArrayLiteral::finish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers, booleans, NULL, quoted text and hex, as `array_in` reads them.
    #[test]
    fn elements_are_written_as_the_server_reads_them() {
        let mut array = ArrayLiteral::new(8);
        array.null();
        array.number(i64::MIN);
        array.boolean(true);
        array.text(r#"a "b" \c, {d} NULL 券"#);
        array.text("");
        array.bytes(&[0, 0xab, 0xff]);
        assert_eq!(
            array.finish(),
            r#"{NULL,-9223372036854775808,t,"a \"b\" \\c, {d} NULL 券","","\\x00abff"}"#
        );
    }

    /// A column that nobody gave a value travels empty.
    #[test]
    fn an_array_of_nulls_is_empty() {
        let mut array = ArrayLiteral::new(2);
        array.null();
        array.null();
        assert_eq!(array.finish(), "{}");
    }

    /// Codes come line by line, each lease once; a line without codes has no beginning, and codes
    /// that were held have no lease.
    #[test]
    fn codes_lie_behind_each_other() {
        let run = |lease_id, seq_lo, count| Run {
            lease_id,
            epoch: 5,
            seq_lo,
            count,
        };
        let mut columns = ClaimedColumns::new(3);
        columns.push([run(7, 10, 2), run(8, 0, 1)]);
        columns.push_none();
        columns.push([run(7, 12, 1)]);
        columns.push([run(NO_LEASE, 3, 1)]);
        assert_eq!(
            columns.finish(),
            [
                "{1,NULL,4,5}",
                "{1,1,1,3,4}",
                "{10,11,0,12,3}",
                "{7,7,8,7,NULL}",
                "{7,8}",
                "{5,5}"
            ]
        );
    }
}
