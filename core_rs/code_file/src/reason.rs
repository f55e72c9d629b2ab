//! Why a line is not imported.

/// Why a line is not imported. The words appear in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Neither a code nor a link.
    EmptyCode,
    /// A value is longer than 4,096 bytes.
    TooLong,
    /// The line is longer than 64 KiB.
    LineTooLong,
    /// A spreadsheet turned the code into a number or a date (`3.465E+15`).
    RuinedNumber,
    /// The expiry is no date, or an ambiguous one.
    BadExpiry,
    /// The link column holds no link.
    BadUrl,
    /// A control character inside a value.
    ControlCharacters,
    /// The bytes are not text in the file's encoding.
    Undecodable,
    /// More filled cells than the file has columns.
    TooManyColumns,
    /// A quote opens and does not close as it should.
    BadQuotes,
    /// Its expiry has passed.
    Expired,
    /// The supplier says that it is sold or used.
    Sold,
    /// A title above the codes.
    Title,
    /// A sum, above or below them.
    Total,
    /// Prose, mark-up or punctuation.
    NotACode,
    /// A line without a number in a list of numbered ones.
    NoRowNumber,
    /// It has more secrets than a code and a password, in a file where nobody expected it.
    FurtherSecret,
    /// It has full-width letters or separators, in a file where nobody expected them.
    FullWidth,
    /// Its status is no word we know, in a file where all others are.
    UnknownStatus,
    /// A cell of it went neither into the goods nor into an ignored column.
    Unaccounted,
}

impl Reason {
    /// The word used in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EmptyCode => "empty_code",
            Self::TooLong => "too_long",
            Self::LineTooLong => "line_too_long",
            Self::RuinedNumber => "ruined_number",
            Self::BadExpiry => "bad_expiry",
            Self::BadUrl => "bad_url",
            Self::ControlCharacters => "control_characters",
            Self::Undecodable => "undecodable",
            Self::TooManyColumns => "too_many_columns",
            Self::BadQuotes => "bad_quotes",
            Self::Expired => "expired",
            Self::Sold => "sold",
            Self::Title => "title",
            Self::Total => "total",
            Self::NotACode => "not_a_code",
            Self::NoRowNumber => "no_row_number",
            Self::FurtherSecret => "further_secret",
            Self::FullWidth => "full_width",
            Self::UnknownStatus => "unknown_status",
            Self::Unaccounted => "unaccounted",
        }
    }

    /// Whether the line never was meant as a code.
    #[must_use]
    pub fn is_frame(self) -> bool {
        matches!(self, Self::Title | Self::Total)
    }
}
