//! One record's cells become goods, or a reason why not; every filled cell is accounted for.

use std::borrow::Cow;

use zeroize::Zeroizing;

use super::column::Column;
use super::expiry::{Expiry, Recent, Zone};
use super::field::looks_like_link;
use super::goods::{Account, Goods};
use super::label::take_label;
use super::likeness::has_wide;
use super::names::Role;
use super::reason::Reason;
use super::ruined::{is_ruined, unguard};
use super::status::{is_known_status, is_sold};
use super::text::has_cjk;

/// Longest code, pin or link in bytes: a link of any browser, and far below a page of the database.
pub(super) const VALUE_BYTES_MAX: usize = 4096;

/// Columns of a file at most: those read over are noted in the bits of a number.
pub(super) const COLUMNS_MAX: usize = 128;

/// A cell of a text file or a workbook.
#[derive(Clone)]
pub(super) enum Cell<'a> {
    /// Text, trimmed.
    Text(Cow<'a, str>),
    /// A typed date of a workbook, as RFC 3339 without a zone: an expiry, never a code.
    Date(String),
    /// A typed value that lost what the supplier wrote.
    Ruined,
}

impl Cell<'_> {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The text, or nothing for typed cells.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Date(_) | Self::Ruined => "",
        }
    }
}

/// How cells are assigned: by the header's names, or by place with links recognised.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing about a file"
)]
pub(super) struct RowRule<'a> {
    pub(super) columns: &'a [Column],
    /// What each column is called, for people and for further secrets.
    pub(super) names: &'a [String],
    /// A link in the code's or the pin's place is the link.
    pub(super) find_links: bool,
    /// Somebody expects more secrets than a code and a password.
    pub(super) further: bool,
    /// A status we do not know is nothing to worry about.
    pub(super) any_status: bool,
    /// Full-width letters and separators in a code are expected.
    pub(super) wide: bool,
    /// The first rows' codes have no Chinese in them, and nobody named the columns.
    pub(super) plain: bool,
    /// The expiries read last.
    pub(super) recent: &'a Recent,
    /// Where times without a zone are.
    pub(super) zone: &'a Zone,
    /// The moment of the import, in Unix seconds: what ended by then is refused.
    pub(super) now_s: Option<i64>,
}

/// Reads one row.
pub(super) fn read_row(cells: &[Cell<'_>], rule: &RowRule<'_>) -> Account {
    let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
    let filled = u32::try_from(filled).unwrap_or(u32::MAX);
    let mut row = Row {
        rule,
        goods: Goods::default(),
        placed: 0,
        ignored: 0,
        further: Vec::new(),
    };
    for (place, cell) in cells.iter().enumerate() {
        if cell.is_empty() {
            continue;
        }
        if let Err(reason) = row.place(place, cell) {
            return Account::refused(filled, reason);
        }
    }
    let (placed, ignored, further) = (row.placed, row.ignored, !row.further.is_empty());
    match row.finish() {
        Ok(goods) => Account {
            filled,
            placed,
            ignored,
            further,
            goods: Ok(goods),
        }
        .checked(),
        Err(reason) => Account::refused(filled, reason),
    }
}

struct Row<'a> {
    rule: &'a RowRule<'a>,
    goods: Goods,
    placed: u32,
    ignored: u128,
    /// Secrets beside code and password.
    further: Vec<Zeroizing<String>>,
}

impl Row<'_> {
    /// Puts a filled cell where it belongs; never over another.
    fn place(&mut self, place: usize, cell: &Cell<'_>) -> Result<(), Reason> {
        let column = *self.rule.columns.get(place).ok_or(Reason::TooManyColumns)?;
        match column {
            Column::Status if is_sold(cell.text()) => return Err(Reason::Sold),
            Column::Status if !self.rule.any_status && !is_known_status(cell.text()) => {
                return Err(Reason::UnknownStatus);
            }
            Column::Ignored | Column::Status => return self.ignore(place),
            Column::SoldMark => return Err(Reason::Sold),
            Column::ExpiresAt => {
                let known = self.goods.ends;
                if let Some(Expiry { text, ends }) = read_expiry(cell, self.rule)? {
                    // Of two, the earlier one holds.
                    if known.is_none_or(|known| ends < known) {
                        (self.goods.expires_at, self.goods.ends) = (text, Some(ends));
                    }
                }
            }
            Column::Code | Column::CardNumber | Column::Pin | Column::Url | Column::Extra => {
                if let Some((Role::Status, word)) = take_label(cell.text()) {
                    return if is_sold(word) {
                        Err(Reason::Sold)
                    } else {
                        self.ignore(place)
                    };
                }
                self.secret(place, column, cell)?;
            }
        }
        self.placed += 1;
        Ok(())
    }

    fn ignore(&mut self, place: usize) -> Result<(), Reason> {
        let bit = u32::try_from(place)
            .ok()
            .and_then(|place| 1_u128.checked_shl(place));
        self.ignored |= bit.ok_or(Reason::TooManyColumns)?;
        Ok(())
    }

    /// A value, by its own label if it has one, else by its column.
    fn secret(&mut self, place: usize, column: Column, cell: &Cell<'_>) -> Result<(), Reason> {
        let whole = value(cell)?;
        match take_label(whole) {
            Some((Role::ExpiresAt, date)) => {
                let cell = Cell::Text(Cow::Borrowed(date));
                let read = read_expiry(&cell, self.rule)?;
                (self.goods.expires_at, self.goods.ends) =
                    read.map_or((String::new(), None), |e| (e.text, Some(e.ends)));
            }
            Some((role, text)) => self.labelled(role, unguard(text), whole),
            None if column == Column::Extra => self.extra(self.named(place, whole)),
            None if self.put(column, whole) => {}
            None => self.extra(self.named(place, whole)),
        }
        Ok(())
    }

    fn labelled(&mut self, role: Role, text: &str, whole: &str) {
        let (code, pin) = (&self.goods.code, &self.goods.pin);
        let column = match role {
            Role::Url => Column::Url,
            Role::Pin => Column::Pin,
            Role::Secret if !code.is_empty() => Column::Pin,
            Role::CardNumber if !code.is_empty() && pin.is_empty() => {
                // `卡密：… 卡号：…`: what came first was the password.
                self.goods.pin = std::mem::take(&mut self.goods.code);
                Column::Code
            }
            _ => Column::Code,
        };
        if !self.put(column, text) {
            self.extra(whole.to_owned());
        }
    }

    /// Fills a slot; false where it is filled already, and nothing is put over it.
    fn put(&mut self, column: Column, text: &str) -> bool {
        let slot = match column {
            Column::Pin => &mut self.goods.pin,
            Column::Url => &mut self.goods.url,
            _ => &mut self.goods.code,
        };
        let free = slot.is_empty();
        if free {
            text.clone_into(slot);
        }
        free
    }

    /// A further secret: on a line of its own behind the password.
    fn extra(&mut self, text: String) {
        self.further.push(Zeroizing::new(text));
    }

    /// A value with its column's name, where it has one.
    fn named(&self, place: usize, text: &str) -> String {
        match self.rule.names.get(place) {
            Some(name) if !name.is_empty() => format!("{name}: {text}"),
            _ => text.to_owned(),
        }
    }

    /// The goods, if they can be sold.
    fn finish(mut self) -> Result<Goods, Reason> {
        let goods = &mut self.goods;
        if self.rule.find_links {
            recognise_link(goods);
        }
        // A file with card numbers may leave them empty: then the password is the code.
        if goods.code.is_empty()
            && goods.url.is_empty()
            && self.rule.columns.contains(&Column::CardNumber)
        {
            goods.code = std::mem::take(&mut goods.pin);
        }
        for text in &self.further {
            if !goods.pin.is_empty() {
                goods.pin.push('\n');
            }
            goods.pin.push_str(text);
        }
        match () {
            () if goods.code.is_empty() && goods.url.is_empty() => Err(Reason::EmptyCode),
            () if !goods.url.is_empty() && !is_link(&goods.url) => Err(Reason::BadUrl),
            () if self.rule.plain && has_cjk(&goods.code) => Err(Reason::NotACode),
            () if !self.rule.wide && has_wide(&goods.code) => Err(Reason::FullWidth),
            () if goods.pin.len() > VALUE_BYTES_MAX => Err(Reason::TooLong),
            () if goods
                .ends
                .is_some_and(|ends| self.rule.now_s.is_some_and(|now| ends <= now)) =>
            {
                Err(Reason::Expired)
            }
            () if !goods
                .code
                .chars()
                .chain(goods.url.chars())
                .any(char::is_alphanumeric) =>
            {
                Err(Reason::NotACode)
            }
            () if !self.further.is_empty() && !self.rule.further => Err(Reason::FurtherSecret),
            () => Ok(self.goods),
        }
    }
}

/// Moves a link out of the code's or the pin's place, unless the row has a link already.
fn recognise_link(goods: &mut Goods) {
    if !goods.url.is_empty() {
        return;
    }
    if looks_like_link(&goods.code) {
        goods.url = std::mem::take(&mut goods.code);
    } else if looks_like_link(&goods.pin) {
        goods.url = std::mem::take(&mut goods.pin);
    }
}

/// A link has a scheme; app links (`weixin://…`) count.
fn is_link(value: &str) -> bool {
    let scheme = value.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    }) && !value.contains(char::is_whitespace)
}

fn value<'a>(cell: &'a Cell<'_>) -> Result<&'a str, Reason> {
    let Cell::Text(text) = cell else {
        return Err(Reason::RuinedNumber);
    };
    let text = unguard(text);
    match () {
        () if text.len() > VALUE_BYTES_MAX => Err(Reason::TooLong),
        () if text.chars().any(|c| {
            (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffd}'))
                && !matches!(c, '\n' | '\r' | '\t')
        }) =>
        {
            Err(Reason::ControlCharacters)
        }
        () if is_ruined(text) => Err(Reason::RuinedNumber),
        () => Ok(text),
    }
}

fn read_expiry(cell: &Cell<'_>, rule: &RowRule<'_>) -> Result<Option<Expiry>, Reason> {
    let text = match cell {
        Cell::Text(text) => unguard(text),
        Cell::Date(date) => date.as_str(),
        Cell::Ruined => return Err(Reason::BadExpiry),
    };
    rule.recent
        .parse(text, rule.zone)
        .map_err(|()| Reason::BadExpiry)
}
