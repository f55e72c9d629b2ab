//! Rows in the binary format of the database's COPY.

/// Signature, no flags, no extension: the documentation of COPY, “Binary Format”.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A payload under construction.
pub(super) struct CopyPayload(Vec<u8>);

impl CopyPayload {
    pub(super) fn new(capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity + HEADER.len() + 2);
        bytes.extend_from_slice(HEADER);
        Self(bytes)
    }

    /// Starts a row of so many fields.
    pub(super) fn row(&mut self, fields: i16) {
        self.0.extend_from_slice(&fields.to_be_bytes());
    }

    /// Appends a field.
    pub(super) fn field(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Appends a field that `write` makes; its length is filled in afterwards.
    pub(super) fn field_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let at = self.0.len();
        self.length(0);
        write(&mut self.0)?;
        let length = self.0.len() - at - 4;
        self.0[at..at + 4].copy_from_slice(&length.to_be_bytes()[4..]);
        Ok(())
    }

    /// Appends a field that is NULL.
    pub(super) fn null(&mut self) {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
    }

    /// The low half of a length: a field is some kilobytes at most.
    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&length.to_be_bytes()[4..]);
    }

    /// Ends the payload.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&(-1_i16).to_be_bytes());
        self.0
    }
}
