//! Finds requests about whose framing nothing is odd, and where they end.
//!
//! A general server knows every form HTTP has ever had; most requests have one. What is plain here
//! is plain to everybody: one meaning, whoever reads it. Of all else nothing is said but that it
//! is not plain, so nothing here decides what a strange form means.

use httparse::{EMPTY_HEADER, Request, Status};

/// A head that is longer is not plain.
pub const HEAD_BYTES_MAX: usize = 8190;
/// A head with more header lines is not plain.
pub const HEADERS_MAX: usize = 64;
/// A body that is longer is not plain.
pub const BODY_BYTES_MAX: usize = 1 << 30;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What changes how a message is read, or what follows it.
const FRAMING: [&str; 6] = [
    "transfer-encoding",
    "expect",
    "upgrade",
    "content-encoding",
    "trailer",
    "sec-websocket-key1",
];

/// A head, and where its body lies in the bytes it was found in.
#[derive(Debug, PartialEq, Eq)]
pub struct PlainRequest<'b> {
    /// One of those in use.
    pub method: &'b str,
    /// As sent: visible ASCII from a slash on.
    pub target: &'b str,
    /// Names as sent, each once; values without the blanks around them, printable ASCII.
    pub headers: Vec<(&'b str, &'b str)>,
    /// The first byte behind the head.
    pub body_at: usize,
    /// The first byte behind the request; those before it may not all be there yet.
    pub end: usize,
}

/// What the bytes begin with.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'b> {
    /// A plain request's whole head.
    Plain(PlainRequest<'b>),
    /// Part of a head; it may become a plain one.
    Unfinished,
    /// Anything else.
    Odd,
}

/// Looks at what begins at `start`.
#[must_use]
pub fn find(bytes: &[u8], start: usize) -> Found<'_> {
    let Some(rest) = bytes.get(start..) else {
        return Found::Odd;
    };
    let mut lines = [EMPTY_HEADER; HEADERS_MAX];
    let mut request = Request::new(&mut lines);
    // Blank lines before a request are allowed, and odd.
    let head_bytes = match request.parse(rest) {
        _ if rest
            .first()
            .is_some_and(|first| !first.is_ascii_uppercase()) =>
        {
            return Found::Odd;
        }
        Ok(Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
        Ok(Status::Partial) if rest.len() < HEAD_BYTES_MAX && ends_lines_with_crlf(rest) => {
            return Found::Unfinished;
        }
        _ => return Found::Odd,
    };
    match plain(&request, &rest[..head_bytes]) {
        Some((method, target, headers, body_bytes)) => {
            let body_at = start + head_bytes;
            let end = body_at + body_bytes;
            Found::Plain(PlainRequest {
                method,
                target,
                headers,
                body_at,
                end,
            })
        }
        None => Found::Odd,
    }
}

type Parts<'b> = (&'b str, &'b str, Vec<(&'b str, &'b str)>, usize);

fn plain<'b>(request: &Request<'_, 'b>, head: &[u8]) -> Option<Parts<'b>> {
    let (method, target) = (request.method?, request.path?);
    let usual = request.version == Some(1)
        && METHODS.contains(&method)
        && target.starts_with('/')
        && target
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#')
        && ends_lines_with_crlf(head);
    if !usual {
        return None;
    }
    let mut headers: Vec<(&str, &str)> = Vec::with_capacity(request.headers.len());
    let (mut body_bytes, mut has_host) = (0, false);
    for line in request.headers.iter() {
        let (name, value) = (line.name, std::str::from_utf8(line.value).ok()?);
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let printable = value
            .bytes()
            .all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        if !printable || FRAMING.iter().any(|each| is(each)) {
            return None;
        }
        if headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
        {
            return None; // which of two counts is not for us to say
        }
        if is("content-length") {
            body_bytes = length_of(value)?;
        } else if is("connection") && !value.eq_ignore_ascii_case("keep-alive") {
            return None;
        }
        has_host |= is("host");
        headers.push((name, value.trim_matches([' ', '\t'])));
    }
    has_host.then_some((method, target, headers, body_bytes))
}

/// A carriage return and a line feed, and neither alone; some readers end lines with less.
fn ends_lines_with_crlf(head: &[u8]) -> bool {
    let mut before = 0;
    head.iter().all(|&byte| {
        let both = (byte == b'\n') == (before == b'\r');
        before = byte;
        both
    })
}

fn length_of(value: &str) -> Option<usize> {
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let length = if digits { value.parse().ok() } else { None };
    length.filter(|&bytes| bytes <= BODY_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "POST /v1/orders HTTP/1.1\r\nHost: x\r\nX-Key:  qk \r\nContent-Length: 2\r\n\r\n";

    fn found(text: &str) -> Found<'_> {
        find(text.as_bytes(), 0)
    }

    #[test]
    fn a_plain_request_is_told_with_its_end() {
        let text = format!("{HEAD}{{}}GET / HT");
        let Found::Plain(request) = found(&text) else {
            panic!("not plain");
        };
        assert_eq!((request.method, request.target), ("POST", "/v1/orders"));
        assert_eq!(request.headers[1], ("X-Key", "qk"));
        assert_eq!(&text[request.body_at..request.end], "{}");
        assert_eq!(find(text.as_bytes(), request.end), Found::Unfinished);
    }

    #[test]
    fn every_beginning_of_a_head_is_unfinished() {
        for length in 0..HEAD.len() {
            assert_eq!(found(&HEAD[..length]), Found::Unfinished, "{length}");
        }
    }

    #[test]
    fn a_beginning_that_no_end_makes_plain_is_odd() {
        // Another reader says at once that it is wrong, and waits for no more of it.
        for text in ["GET / HTTP/1.1\nHost: x", "GET / HTTP/1.1\r\nHost: x\ny"] {
            assert_eq!(found(text), Found::Odd, "{text:?}");
        }
    }

    #[test]
    fn what_two_readers_may_read_in_two_ways_is_odd() {
        let with = |line: &str| HEAD.replace("Host: x", &format!("Host: x\r\n{line}"));
        for line in [
            "Transfer-Encoding: chunked",
            "transfer-encoding: identity",
            "Content-Length: 2",
            "content-length: 3",
            "Expect: 100-continue",
            "Upgrade: h2c",
            "Connection: close",
            "Connection: keep-alive, upgrade",
            "Host: y",
            "x-key: other",
            "Content-Encoding: gzip",
            "Name : value",
            " folded",
            "N\u{e4}me: x",
            "Name: \u{e4}",
            "Name: \u{1}",
            "Trailer: X",
        ] {
            assert_eq!(found(&with(line)), Found::Odd, "{line}");
        }
        for text in [
            HEAD.replace("\r\n", "\n"),
            HEAD.replacen("\r\n", "\n", 1),
            HEAD.replace("HTTP/1.1", "HTTP/1.0"),
            HEAD.replace("Host: x\r\n", ""),
            HEAD.replace("POST", "post"),
            HEAD.replace("POST", "BREW"),
            HEAD.replace("/v1", "http://x/v1"),
            HEAD.replace("/v1", "/#"),
            HEAD.replace(": 2", ": +2"),
            HEAD.replace(": 2", ": 0x2"),
            HEAD.replace(": 2", ": 2, 2"),
            HEAD.replace(": 2", ": 99999999999999999999"),
            HEAD.replace(": 2", ":"),
            format!("\r\n{HEAD}"),
            with(&format!("Long: {}", "x".repeat(HEAD_BYTES_MAX))),
            with(&"A: b\r\n".repeat(HEADERS_MAX)),
        ] {
            assert_eq!(found(&text), Found::Odd, "{text}");
        }
    }

    #[test]
    fn a_head_without_end_is_odd_when_it_is_too_long() {
        let endless = format!("GET /{}", "x".repeat(HEAD_BYTES_MAX));
        assert_eq!(found(&endless[..HEAD_BYTES_MAX - 1]), Found::Unfinished);
        assert_eq!(found(&endless), Found::Odd);
    }
}
