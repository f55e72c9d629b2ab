//! What a line sells, and where each of its cells went.

use zeroize::Zeroize;

use super::reason::Reason;

/// What one line sells. At least one of `code` and `url` is filled.
#[derive(Default)]
pub struct Goods {
    /// The code, as the supplier wrote it.
    pub code: String,
    /// Its password, and what further secrets the line has.
    pub pin: String,
    /// The redemption link.
    pub url: String,
    /// RFC 3339: a day, or a moment in UTC.
    pub expires_at: String,
    /// Unix seconds from which on it must not be sold.
    pub ends: Option<i64>,
}

impl Drop for Goods {
    fn drop(&mut self) {
        self.code.zeroize();
        self.pin.zeroize();
        self.url.zeroize();
    }
}

/// Where the filled cells of a row went. Of refused rows all are in the line that the report names.
pub struct Account {
    /// Filled cells.
    pub filled: u32,
    /// Of them, those that are part of the goods.
    pub placed: u32,
    /// Of them, those read over, a bit for each column.
    pub ignored: u128,
    /// Whether it has more secrets than a code and a password.
    pub further: bool,
    /// What is sold, or why nothing is.
    pub goods: Result<Goods, Reason>,
}

impl Account {
    /// A row that is refused whole.
    #[must_use]
    pub fn refused(filled: u32, reason: Reason) -> Self {
        Self {
            filled,
            placed: 0,
            ignored: 0,
            further: false,
            goods: Err(reason),
        }
    }

    /// The row, refused if a cell of it went nowhere.
    #[must_use]
    pub fn checked(self) -> Self {
        let whole = self.placed + self.ignored.count_ones() == self.filled;
        if self.goods.is_ok() && !whole {
            return Self::refused(self.filled, Reason::Unaccounted);
        }
        self
    }
}
