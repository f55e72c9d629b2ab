//! What a column holds.

use super::FileError;

/// What a column of a code file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The code itself.
    Code,
    /// A card number: the code, or if it is empty the password is.
    CardNumber,
    /// A password that belongs to the code.
    Pin,
    /// A redemption link.
    Url,
    /// The day or moment the code expires.
    ExpiresAt,
    /// A further secret: it reaches the buyer behind the password, with its name.
    Extra,
    /// Whether the code is sold already.
    Status,
    /// Filled if the code is sold already.
    SoldMark,
    /// Read over, and named.
    Ignored,
}

impl Column {
    /// The word used in flags, explanations and samples.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CardNumber => "card_number",
            Self::Pin => "pin",
            Self::Url => "url",
            Self::ExpiresAt => "expires_at",
            Self::Extra => "extra",
            Self::Status => "status",
            Self::SoldMark => "sold_at",
            Self::Ignored => "-",
        }
    }

    /// Reads the operator's `code,pin,-,expires_at`.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FileError> {
        let columns = text
            .split(',')
            .map(|word| Self::parse(word.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        let twice = columns
            .iter()
            .enumerate()
            .find(|(at, column)| column.holds_one_value() && columns[..*at].contains(column));
        match twice {
            Some((_, column)) => Err(FileError::Override(format!(
                "--columns names {} twice; a further secret is extra",
                column.word()
            ))),
            None if columns.iter().any(|column| column.carries_goods()) => Ok(columns),
            None => Err(FileError::NoCodeColumn),
        }
    }

    fn parse(word: &str) -> Result<Self, FileError> {
        match word {
            "code" => Ok(Self::Code),
            "card_number" => Ok(Self::CardNumber),
            "pin" => Ok(Self::Pin),
            "url" => Ok(Self::Url),
            "expires_at" => Ok(Self::ExpiresAt),
            "extra" => Ok(Self::Extra),
            "status" => Ok(Self::Status),
            "sold_at" => Ok(Self::SoldMark),
            "-" | "" => Ok(Self::Ignored),
            other => Err(FileError::Override(format!(
                "no such column: {other} (code, card_number, pin, url, expires_at, extra, status, sold_at, -)"
            ))),
        }
    }

    fn holds_one_value(self) -> bool {
        matches!(
            self,
            Self::Code | Self::CardNumber | Self::Pin | Self::Url | Self::ExpiresAt
        )
    }

    /// Whether a row can be sold by this column alone.
    #[must_use]
    pub fn carries_goods(self) -> bool {
        matches!(self, Self::Code | Self::CardNumber | Self::Url)
    }
}
