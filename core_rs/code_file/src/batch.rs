//! A few thousand rows on their way into the database: plaintext in, sealed COPY rows out.

use std::collections::HashMap;
use std::fmt::Write;

use zeroize::Zeroizing;

use super::copy::CopyPayload;
use super::goods::Goods;
use super::identity::IdentityRule;
use super::lines::RowOut;
use super::plaintext::write_plaintext;
use super::reason::Reason;

/// Rows read together. The plaintext is wiped when the batch is dropped.
#[derive(Default)]
pub struct Batch {
    lines: Vec<u64>,
    plain: Arena,
    identity: Arena,
    /// When each row ends, in Unix seconds; `None`: never.
    ends: Vec<Option<i64>>,
    rejects: Vec<(u64, Reason)>,
    /// Rows whose identity no earlier row of the batch has: what may be imported.
    candidates: Vec<usize>,
    /// Those of the candidates, in the same order.
    fingerprints: Vec<Fingerprint>,
    /// (row, candidate with the same identity).
    repeats: Vec<(usize, usize)>,
    last_line: u64,
    /// Cells read over, by column.
    ignored: Vec<u64>,
}

/// Byte strings end to end.
#[derive(Default)]
struct Arena {
    bytes: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
}

impl Arena {
    fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[start..self.ends[index]]
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

/// A 128-bit keyed fingerprint of a code's identity.
pub type Fingerprint = [u8; 16];

impl Batch {
    /// Adds a row; refused ones are only noted.
    pub fn push(&mut self, row: RowOut, rule: IdentityRule) {
        self.last_line = row.line;
        self.note_ignored(row.ignored);
        match row.goods {
            Err(reason) => self.rejects.push((row.line, reason)),
            Ok(goods) => {
                self.lines.push(row.line);
                self.ends.push(goods.ends);
                self.plain.push_with(|out| write_plaintext(&goods, out));
                let identity = if goods.code.is_empty() {
                    // A link is its own identity, to the letter.
                    goods.url.as_str().into()
                } else {
                    rule.identity(&goods.code)
                };
                self.identity
                    .push_with(|out| out.extend_from_slice(identity.as_bytes()));
            }
        }
    }

    fn note_ignored(&mut self, mut columns: u128) {
        while columns != 0 {
            let place = columns.trailing_zeros() as usize;
            columns &= columns - 1;
            if self.ignored.len() <= place {
                self.ignored.resize(place + 1, 0);
            }
            self.ignored[place] += 1;
        }
    }

    /// Filled cells read over, by column.
    #[must_use]
    pub fn ignored(&self) -> &[u64] {
        &self.ignored
    }

    /// Adds a code that has no line: a generated one.
    pub fn push_code(&mut self, code: &str, rule: IdentityRule) {
        let mut goods = Goods::default();
        code.clone_into(&mut goods.code);
        let line = self.last_line + 1;
        self.push(
            RowOut {
                line,
                filled: 1,
                ignored: 0,
                further: false,
                goods: Ok(goods),
            },
            rule,
        );
    }

    /// How many rows it holds, refused ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len() + self.rejects.len()
    }

    /// Whether it holds no row at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of plaintext held.
    #[must_use]
    pub fn plain_bytes(&self) -> usize {
        self.plain.bytes.len()
    }

    /// The last row's line.
    #[must_use]
    pub fn last_line(&self) -> u64 {
        self.last_line
    }

    /// Refused rows: line and reason.
    #[must_use]
    pub fn rejects(&self) -> &[(u64, Reason)] {
        &self.rejects
    }

    /// Rows that repeat a candidate of this batch: line, and the candidate's index.
    fn repeats(&self) -> impl Iterator<Item = (u64, usize)> + '_ {
        self.repeats
            .iter()
            .map(|(row, candidate)| (self.lines[*row], *candidate))
    }

    /// How many rows repeat an earlier row of the batch.
    #[must_use]
    pub fn repeat_count(&self) -> usize {
        self.repeats.len()
    }

    /// Whether any row ends.
    #[must_use]
    pub fn expiring(&self) -> bool {
        self.ends.iter().any(Option::is_some)
    }

    /// How many rows may be imported, as `fingerprints` settled it.
    #[must_use]
    pub fn candidate_count(&self) -> usize {
        self.candidates.len()
    }

    /// Fingerprints every row and settles the candidates: those no earlier row is equal to.
    pub fn fingerprint(&mut self, mut of: impl FnMut(&[u8]) -> Fingerprint) {
        let mut seen: HashMap<Fingerprint, usize> = HashMap::with_capacity(self.lines.len());
        self.candidates.clear();
        self.repeats.clear();
        self.fingerprints.clear();
        for row in 0..self.identity.len() {
            let fingerprint = of(self.identity.get(row));
            let next = self.candidates.len();
            match *seen.entry(fingerprint).or_insert(next) {
                first if first == next => {
                    self.candidates.push(row);
                    self.fingerprints.push(fingerprint);
                }
                first => self.repeats.push((row, first)),
            }
        }
    }

    /// The candidates' fingerprints in order, end to end.
    #[must_use]
    pub fn fingerprints(&self) -> Vec<u8> {
        self.fingerprints.concat()
    }

    /// The kept candidates' fingerprints and numbers as a payload of `COPY code_fingerprint
    /// (fingerprint, pool_id, batch_id, seq)`, in the index's order: neighbours then meet on the
    /// same pages. The numbers are those that `copy_rows` gives.
    #[must_use]
    pub fn fingerprint_rows(&self, rows: CopyRows, dropped: &[usize]) -> Vec<u8> {
        let numbered = (rows.seq_lo..).zip(self.kept(dropped));
        let mut kept: Vec<(&Fingerprint, i64)> = numbered
            .map(|(seq, at)| (&self.fingerprints[at], seq))
            .collect();
        kept.sort_unstable();
        let mut payload = CopyPayload::new(kept.len() * 60);
        for (fingerprint, seq) in kept {
            payload.row(4);
            payload.field(fingerprint);
            payload.field(&rows.pool_id.to_be_bytes());
            payload.field(&rows.batch_id.to_be_bytes());
            payload.field(&seq.to_be_bytes());
        }
        payload.end()
    }

    /// The candidates that are not dropped, by index, in the order of their numbers: the file's,
    /// or by expiry if any ends.
    fn kept(&self, dropped: &[usize]) -> Vec<usize> {
        let mut dropped = dropped.iter().peekable();
        let mut kept: Vec<usize> = (0..self.candidates.len())
            .filter(|at| dropped.next_if(|index| *index == at).is_none())
            .collect();
        if self.expiring() {
            kept.sort_by_key(|at| self.ends[self.candidates[*at]].unwrap_or(i64::MAX));
        }
        kept
    }

    /// `line,verdict,reason` of every row, in the file's order and without codes.
    ///
    /// `in_file` and `in_pool` are the candidates the database knew already, in ascending order.
    #[must_use]
    pub fn report(&self, in_file: &[usize], in_pool: &[usize]) -> String {
        let verdict = |candidate: usize| {
            if in_pool.binary_search(&candidate).is_ok() {
                "duplicate,in_pool"
            } else if in_file.binary_search(&candidate).is_ok() {
                "duplicate,in_file"
            } else {
                "ok,"
            }
        };
        let candidates = self.candidates.iter().enumerate();
        let mut rows: Vec<(u64, &str, &str)> = candidates
            .map(|(index, row)| (self.lines[*row], verdict(index), ""))
            .collect();
        // A repetition of what the pool has is the pool's as well, whatever the batch borders.
        rows.extend(self.repeats().map(|(line, first)| match verdict(first) {
            "duplicate,in_pool" => (line, "duplicate,in_pool", ""),
            _ => (line, "duplicate,in_file", ""),
        }));
        rows.extend(
            self.rejects
                .iter()
                .map(|(line, reason)| (*line, "rejected,", reason.word())),
        );
        rows.sort_unstable_by_key(|(line, _, _)| *line);
        let mut text = String::with_capacity(rows.len() * 16);
        for (line, verdict, reason) in rows {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{line},{verdict}{reason}");
        }
        text
    }

    /// Seals the kept candidates as a payload of
    /// `COPY code (pool_id, seq, batch_id, sealed, expires_at)`.
    ///
    /// `dropped` are candidate indices in ascending order; the kept ones get the numbers
    /// `seq_lo`, `seq_lo + 1`, … in the file's order, or by expiry if any ends: then runs of
    /// numbers expire together. `seal` appends one sealed record.
    pub fn copy_rows<E>(
        &self,
        rows: CopyRows,
        dropped: &[usize],
        mut seal: impl FnMut(i64, &[u8], &mut Vec<u8>) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let mut payload = CopyPayload::new(self.plain_bytes() + self.candidates.len() * 132);
        for (seq, at) in (rows.seq_lo..).zip(self.kept(dropped)) {
            let row = self.candidates[at];
            payload.row(5);
            payload.field(&rows.pool_id.to_be_bytes());
            payload.field(&seq.to_be_bytes());
            payload.field(&rows.batch_id.to_be_bytes());
            payload.field_with(|out| seal(seq, self.plain.get(row), out))?;
            match self.ends[row] {
                Some(ends) => payload.field(&timestamp(ends).to_be_bytes()),
                None => payload.null(),
            }
        }
        Ok(payload.end())
    }
}

/// A `timestamptz` on the wire: microseconds since 2000-01-01, UTC.
fn timestamp(unix_s: i64) -> i64 {
    (unix_s - 946_684_800) * 1_000_000
}

/// Where the rows of a batch go: table `code`.
#[derive(Debug, Clone, Copy)]
pub struct CopyRows {
    /// The pool.
    pub pool_id: i64,
    /// The batch whose data key seals them.
    pub batch_id: i64,
    /// The number of the first kept row.
    pub seq_lo: i64,
}
