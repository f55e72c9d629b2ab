//! Expiry dates as suppliers write them, to RFC 3339.

use std::cell::RefCell;

/// Words for "does not expire".
const NEVER: &[&str] = &[
    "-",
    "/",
    "无",
    "永久",
    "永久有效",
    "长期",
    "长期有效",
    "n/a",
    "null",
    "none",
    "never",
];

/// Local times of a zone: from which local second on which offset (seconds east of UTC) holds.
///
/// Empty: UTC. Given by who knows the zones; nothing here does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone(pub Vec<(i64, i64)>);

impl Zone {
    /// The moment, in Unix seconds, at which clocks of the zone show `local`.
    fn moment(&self, local: i64) -> i64 {
        let after = self.0.partition_point(|(from, _)| *from <= local);
        let offset = self
            .0
            .get(after.saturating_sub(1))
            .map_or(0, |(_, offset)| *offset);
        local - offset
    }
}

/// The expiries that were read last: a file has few different ones, each many times.
#[derive(Debug, Clone, Default)]
pub(super) struct Recent(RefCell<Vec<(String, Option<Expiry>)>>);

/// Different expiries remembered; beyond that each is read anew.
const RECENT_MAX: usize = 32;

impl Recent {
    /// As [`parse`], for a file of one zone.
    pub(super) fn parse(&self, text: &str, zone: &Zone) -> Result<Option<Expiry>, ()> {
        let mut known = self.0.borrow_mut();
        if let Some((_, expiry)) = known.iter().find(|(seen, _)| seen == text) {
            return Ok(expiry.clone());
        }
        let expiry = parse(text, zone)?;
        if known.len() < RECENT_MAX {
            known.push((text.to_owned(), expiry.clone()));
        }
        Ok(expiry)
    }
}

/// When something expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expiry {
    /// RFC 3339: the day as the supplier wrote it, or the moment in UTC.
    pub(super) text: String,
    /// Unix seconds from which on it is worthless: a day is good to its end.
    pub(super) ends: i64,
}

/// Reads an expiry: `Ok(None)` if it never comes, `Err(())` if the text is no date.
///
/// A day stays a day (`2027-12-31`), good to its end in `zone`; a moment becomes UTC
/// (`2027-12-31T15:59:59Z`), and one without a zone of its own is taken as `zone`'s.
/// Day-first and month-first forms are ambiguous: refused.
pub(super) fn parse(text: &str, zone: &Zone) -> Result<Option<Expiry>, ()> {
    if text.is_empty() || NEVER.contains(&text.to_lowercase().as_str()) {
        return Ok(None);
    }
    let (date, time) = cut_time(text);
    let day = parse_day(date).ok_or(())?;
    let Some(time) = time else {
        let text = format_day(day);
        let ends = zone.moment((days_since_epoch(day) + 1) * 86_400);
        return Ok(Some(Expiry { text, ends }));
    };
    let (seconds, offset_s) = parse_time(time).ok_or(())?;
    let local = days_since_epoch(day) * 86_400 + seconds;
    let ends = offset_s.map_or_else(|| zone.moment(local), |offset| local - offset);
    let text = format_moment(ends);
    Ok(Some(Expiry { text, ends }))
}

fn format_moment(moment: i64) -> String {
    let day = day_from_epoch(moment.div_euclid(86_400));
    let rest = moment.rem_euclid(86_400);
    format!(
        "{}T{:02}:{:02}:{:02}Z",
        format_day(day),
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

pub(super) type Day = (i64, i64, i64);

pub(super) fn format_day((year, month, day): Day) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

/// The date and, after a `T` or blanks, the time.
fn cut_time(text: &str) -> (&str, Option<&str>) {
    match text.find(|c: char| c.is_whitespace() || matches!(c, 'T' | 't')) {
        Some(at) => {
            let time = text[at..]
                .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, 'T' | 't'));
            (&text[..at], Some(time))
        }
        None => (text, None),
    }
}

fn parse_day(text: &str) -> Option<Day> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = if compact {
        vec![&text[..4], &text[4..6], &text[6..]]
    } else {
        let text = text.strip_suffix('日').unwrap_or(text);
        text.split(['-', '/', '.', '年', '月']).collect()
    };
    let [year, month, day] = parts.as_slice() else {
        return None;
    };
    let (year, month, day) = (
        number(year, 4..=4)?,
        number(month, 1..=2)?,
        number(day, 1..=2)?,
    );
    let valid = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_of_month(year, month)).contains(&day);
    valid.then_some((year, month, day))
}

fn number(digits: &str, width: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let plain = width.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds of the day, and the zone's offset in seconds if it is written there.
fn parse_time(text: &str) -> Option<(i64, Option<i64>)> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let clock = clock
        .trim_end()
        .split_once('.')
        .map_or(clock.trim_end(), |(whole, _)| whole);
    let parts: Vec<&str> = clock.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (hour, minute, &"0"),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let (hour, minute, second) = (
        number(hour, 1..=2)?,
        number(minute, 2..=2)?,
        number(second, 1..=2)?,
    );
    let valid = hour < 24 && minute < 60 && second < 60;
    let offset = if zone.is_empty() {
        None
    } else {
        Some(parse_offset(zone)?)
    };
    valid.then_some((hour * 3600 + minute * 60 + second, offset))
}

fn parse_offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone[1..].replace(':', "");
    let (hours, minutes) = (
        digits.get(..2)?,
        digits
            .get(2..)
            .filter(|rest| !rest.is_empty())
            .unwrap_or("00"),
    );
    let (hours, minutes) = (number(hours, 2..=2)?, number(minutes, 2..=2)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days_since_epoch((year, month, day): Day) -> i64 {
    // Years are counted from March, so that the leap day comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 153 + 2) / 5
        + day
        - 719_469
}

pub(super) fn day_from_epoch(days: i64) -> Day {
    // A guess that is never too late, then at most a step or two: dates are few.
    let mut year = 1970 + days.div_euclid(366);
    while days_since_epoch((year + 1, 1, 1)) <= days {
        year += 1;
    }
    let mut rest = days - days_since_epoch((year, 1, 1));
    let mut month = 1;
    while rest >= days_of_month(year, month) {
        rest -= days_of_month(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every accepted form of a date becomes RFC 3339; ambiguous and impossible ones do not.
    #[test]
    fn reads_suppliers_dates() {
        let rows: &[(&str, Result<Option<&str>, ()>)] = &[
            ("", Ok(None)),
            ("永久有效", Ok(None)),
            ("2027-12-31", Ok(Some("2027-12-31"))),
            ("2027/1/5", Ok(Some("2027-01-05"))),
            ("2027.01.05", Ok(Some("2027-01-05"))),
            ("20271231", Ok(Some("2027-12-31"))),
            ("2027年3月1日", Ok(Some("2027-03-01"))),
            ("2028-02-29", Ok(Some("2028-02-29"))), // leap day
            ("2027-02-29", Err(())),                // no leap year
            ("2027-13-01", Err(())),
            ("2027-00-10", Err(())),
            ("31/12/2027", Err(())), // day first
            ("12/31/27", Err(())),
            ("soon", Err(())),
            ("2027-12-31 23:59:59", Ok(Some("2027-12-31T23:59:59Z"))),
            ("2027-12-31T23:59:59.999Z", Ok(Some("2027-12-31T23:59:59Z"))),
            (
                "2027-12-31T23:59:59+08:00",
                Ok(Some("2027-12-31T15:59:59Z")),
            ),
            ("2027-12-31 20:00 -0500", Ok(Some("2028-01-01T01:00:00Z"))), // over the year's end
            (
                "2027-03-01T00:30:00+01:00",
                Ok(Some("2027-02-28T23:30:00Z")),
            ),
            ("2027-12-31 24:00", Err(())),
            ("2027-12-31 2", Err(())),
        ];
        for (text, expected) in rows {
            let found = parse(text, &Zone::default()).map(|found| found.map(|expiry| expiry.text));
            assert_eq!(
                found,
                expected.map(|found| found.map(str::to_owned)),
                "{text}"
            );
        }
    }

    /// Day numbers go there and back over four centuries.
    #[test]
    fn day_numbers_round_trip() {
        assert_eq!(days_since_epoch((1970, 1, 1)), 0);
        for days in 0..146_097 {
            assert_eq!(days_since_epoch(day_from_epoch(days)), days);
        }
    }

    /// A day is good to its end, a moment to itself, both where the operator says they are.
    #[test]
    fn ends_where_the_zone_says() {
        let shanghai = Zone(vec![(i64::MIN, 28_800)]);
        // A zone that put its clocks back by an hour at local 1,000,000,000.
        let shifting = Zone(vec![(i64::MIN, 7_200), (1_000_000_000, 3_600)]);
        let table: &[(&str, &Zone, i64)] = &[
            ("1970-01-01", &Zone::default(), 86_400),
            ("1970-01-02", &shanghai, 172_800 - 28_800),
            ("1970-01-02 00:00:01", &shanghai, 86_401 - 28_800),
            ("1970-01-02T00:00:01Z", &shanghai, 86_401),
            ("1970-01-02T00:00:01+01:00", &shanghai, 86_401 - 3_600),
            ("2001-09-09 01:46:39", &shifting, 999_999_999 - 7_200),
            ("2001-09-09 01:46:40", &shifting, 1_000_000_000 - 3_600),
        ];
        for (text, zone, ends) in table {
            assert_eq!(
                parse(text, zone).map(|found| found.map(|e| e.ends)),
                Ok(Some(*ends)),
                "{text}"
            );
        }
    }
}
