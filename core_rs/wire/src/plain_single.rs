//! A whole request that places one order which says nothing unusual: its head and its order.
//!
//! Like plain requests and plain lines it has one meaning whoever reads it. Of anything else nothing
//! is said, and whoever asked reads the bytes as before, which also says what is wrong with them.

use crate::plain_lines::{Offer, PlainLine, PlainLines, Span};
use crate::plain_reader::Reader;
use crate::plain_request::{Found, find};

/// A longer body is not plain.
const BODY_BYTES_MAX: usize = 65_536;
/// A time that is further from ours is not plain.
const CLOCK_SKEW_S_MAX: f64 = 300.0;

/// A signed request with one order; the signature is not checked yet.
#[derive(Debug)]
pub struct PlainSingle<'b> {
    /// Of the request.
    pub method: &'b str,
    /// As sent.
    pub target: &'b str,
    /// Whose it says it is.
    pub key_id: &'b str,
    /// Not far from now.
    pub timestamp: &'b str,
    /// Of its alphabet and length.
    pub nonce: &'b str,
    /// Something.
    pub signature: &'b str,
    /// A proxy says for whom it came.
    pub names_client: bool,
    /// Printable ASCII and blanks.
    pub body: &'b str,
    /// The first byte behind it.
    pub end: usize,
    line: PlainLine,
    sku: Span,
}

impl<'b> PlainSingle<'b> {
    /// What begins at `start`, all of which is there; `now_s`: Unix time.
    #[must_use]
    pub fn read(bytes: &'b [u8], start: usize, now_s: f64) -> Option<Self> {
        let Found::Plain(request) = find(bytes, start) else {
            return None;
        };
        let body = bytes.get(request.body_at..request.end)?;
        if body.len() > BODY_BYTES_MAX {
            return None;
        }
        let (mut key_id, mut timestamp, mut nonce, mut signature) = ("", "", "", "");
        let mut names_client = false;
        for (name, value) in request.headers {
            let is = |other: &str| name.eq_ignore_ascii_case(other);
            match name.len() {
                9 if is("forwarded") => names_client = true,
                12 if is("content-type") && value != "application/json" => return None,
                14 if is("x-quangate-key") => key_id = value,
                15 if is("x-forwarded-for") => names_client = true,
                16 if is("x-quangate-nonce") => nonce = value,
                19 if is("x-quangate-deadline") => return None,
                20 if is("x-quangate-timestamp") => timestamp = value,
                20 if is("x-quangate-signature") => signature = value,
                _ => {}
            }
        }
        let is_fresh = seconds(timestamp).is_some_and(|at| (now_s - at).abs() <= CLOCK_SKEW_S_MAX);
        if !is_fresh || !is_nonce(nonce) || signature.is_empty() {
            return None;
        }
        let (mut reader, mut skus) = (Reader::new(body), Vec::with_capacity(1));
        let line = reader.order(&mut skus)?;
        reader.ends()?;
        Some(Self {
            method: request.method,
            target: request.target,
            key_id,
            timestamp,
            nonce,
            signature,
            names_client,
            body: std::str::from_utf8(body).ok()?,
            end: request.end,
            line,
            sku: skus.pop()?,
        })
    }
}

impl PlainSingle<'_> {
    /// What is asked for.
    #[must_use]
    pub fn sku(&self) -> &str {
        &self.body[self.sku.clone()]
    }

    /// Whether it can be had so, and says all that is asked of it.
    #[must_use]
    pub fn fits(&self, offer: &Offer) -> bool {
        self.line.fits(offer)
    }
}

fn seconds(text: &str) -> Option<f64> {
    let good = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    good.then(|| text.parse().ok())?
}

fn is_nonce(text: &str) -> bool {
    (16..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// One order on its way from its request to the lines that take it in.
#[derive(Debug, Default)]
pub struct OneOrder {
    text: String,
    line: PlainLine,
    sku: Span,
}

impl OneOrder {
    /// The order of this request, in the place of the one before.
    pub fn keep(&mut self, single: PlainSingle<'_>) {
        self.text.clear();
        self.text.push_str(single.body);
        (self.line, self.sku) = (single.line, single.sku);
    }

    /// What is asked for.
    #[must_use]
    pub fn sku(&self) -> &str {
        &self.text[self.sku.clone()]
    }

    /// Its own number.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.text[self.line.number.clone()]
    }

    /// Codes.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.line.quantity
    }

    /// Whether it can be had so, and says all that is asked of it.
    #[must_use]
    pub fn fits(&self, offer: &Offer) -> bool {
        self.line.fits(offer)
    }
}

impl PlainLines {
    /// No lines yet, of a partner's: they come one by one.
    #[must_use]
    pub fn begin(partner_id: i64) -> Self {
        Self::of(String::new(), Vec::new(), Vec::new(), partner_id)
    }

    /// Takes in an order that [`OneOrder::fits`] the offer, which is its SKU's. Whether it is the
    /// first of its SKU.
    pub fn add(&mut self, order: &OneOrder, offer: &Offer) -> bool {
        let known = self.skus().position(|sku| sku == order.sku());
        let first = known.is_none().then(|| offer.clone());
        self.take_in(&order.text, &order.line, (known, &order.sku), first);
        known.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"out_order_no":"A1","sku":"VIP","buyer":{"id":"b"}}"#;

    fn request(line: &str, body: &str) -> String {
        format!(
            "POST /v1/orders HTTP/1.1\r\nHost: x\r\nX-Quangate-Key: qk_1\r\n\
             X-Quangate-Timestamp: 1000\r\nX-Quangate-Nonce: 0123456789abcdef\r\n\
             X-Quangate-Signature: v1=00\r\n{line}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn single(text: &str, now_s: f64) -> PlainSingle<'_> {
        let Some(single) = PlainSingle::read(text.as_bytes(), 0, now_s) else {
            panic!("not plain");
        };
        single
    }

    fn offer() -> Offer {
        Offer {
            sku_id: 1,
            pool_id: 2,
            outlet: 3,
            price_minor: 1990,
            currency: "CNY".into(),
            quantity_max: 2,
            quotas: Vec::new(),
        }
    }

    #[test]
    fn an_order_is_found_with_what_is_signed() {
        let text = format!("{}GET", request("", BODY));
        let single = single(&text, 1100.0);
        assert_eq!(
            (single.key_id, single.timestamp, single.nonce),
            ("qk_1", "1000", "0123456789abcdef")
        );
        assert_eq!((single.body, &text[single.end..]), (BODY, "GET"));
        assert!(!single.names_client);
    }

    #[test]
    fn what_a_rule_has_to_look_at_is_not_plain() {
        let read = |text: &str, now_s| PlainSingle::read(text.as_bytes(), 0, now_s).is_some();
        let good = request("", BODY);
        assert!(read(&good, 1300.0) && read(&good, 700.0));
        assert!(!read(&good, 1300.5) && !read(&good, 699.0));
        assert!(!read(&good[..good.len() - 1], 1000.0));
        assert!(read(
            &request("Content-Type: application/json\r\n", BODY),
            1e3
        ));
        for line in [
            "Content-Type: text/plain\r\n",
            "X-Quangate-Deadline: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
        ] {
            assert!(!read(&request(line, BODY), 1e3), "{line}");
        }
        for body in [
            "",
            "{}",
            r#"{"out_order_no":"A1","sku":"VIP","metadata":{}}"#,
        ] {
            assert!(!read(&request("", body), 1e3), "{body}");
        }
        for (from, to) in [
            ("1000", "1e3"),
            ("0123456789abcdef", "short"),
            ("v1=00", ""),
        ] {
            assert!(!read(&good.replace(from, to), 1e3), "{to:?}");
        }
        for line in ["Forwarded: for=x\r\n", "X-Forwarded-For: 1.2.3.4\r\n"] {
            let text = request(line, BODY);
            assert!(single(&text, 1e3).names_client);
        }
    }

    #[test]
    fn lines_that_came_one_by_one_are_those_of_one_body() {
        let mut lines = PlainLines::begin(7);
        let orders = [
            r#"{"out_order_no":"A1","sku":"VIP","buyer":{"id":"b"}}"#,
            r#"{"sku":"GOLD","out_order_no":"A2","quantity":2}"#,
            r#" {"out_order_no":"A3" ,"sku":"VIP"}"#,
        ];
        for (body, is_first) in orders.into_iter().zip([true, true, false]) {
            let mut order = OneOrder::default();
            order.keep(single(&request("", body), 1e3));
            assert_eq!(lines.add(&order, &offer()), is_first);
        }
        let whole = format!(r#"{{"orders":[{}]}}"#, orders.join(","));
        let Some(mut wanted) = PlainLines::read(whole.as_bytes()) else {
            panic!("not plain");
        };
        assert!(wanted.offer(7, vec![offer(), offer()]));
        for ((line, _), (other, _)) in lines.sold().zip(wanted.sold()) {
            assert_eq!(lines.number(line), wanted.number(other));
            assert_eq!(lines.sku(line), wanted.sku(other));
            assert_eq!(lines.buyer(line), wanted.buyer(other));
            assert_eq!((line.quantity, line.digest), (other.quantity, other.digest));
        }
        let mut more = OneOrder::default();
        let text = request("", r#"{"out_order_no":"A4","sku":"VIP","quantity":3}"#);
        more.keep(single(&text, 1e3));
        assert!(!more.fits(&offer()));
    }
}
