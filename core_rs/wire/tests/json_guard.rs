//! The JSON guard refuses what decoders pass over in silence.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use quangate_wire::json_guard::{Reason, check};

/// Every row: a text and what is wrong with it (None: nothing).
#[test]
fn judges_each_text() {
    let rows: &[(&[u8], Option<Reason>)] = &[
        (br#"{"a":1,"b":[true,null,-1.5e3,"x"]}"#, None),
        (br" {} ", None),
        (b"\xEF\xBB\xBF{}", Some(Reason::ByteOrderMark)),
        (b"{\"a\":\"\xff\"}", Some(Reason::NotUtf8)),
        (br#"{"a":NaN}"#, Some(Reason::Syntax)),
        (br#"{"a":Infinity}"#, Some(Reason::Syntax)),
        (br#"{"a":01}"#, Some(Reason::Syntax)),
        (br#"{"a":1,}"#, Some(Reason::Syntax)),
        (br#"{"a":1} x"#, Some(Reason::Syntax)),
        (b"", Some(Reason::Syntax)),
        (b"{\"a\":\"\x01\"}", Some(Reason::Syntax)),
        (br#"{"a":1,"a":2}"#, Some(Reason::DuplicateKey)),
        // the same name once written with an escape
        (br#"{"a":1,"\u0061":2}"#, Some(Reason::DuplicateKey)),
        (br#"{"x":{"a":1,"a":2}}"#, Some(Reason::DuplicateKey)),
        (br#"{"a":"\ud83d\ude00"}"#, None),
        (br#"{"a":"\ud800"}"#, Some(Reason::LoneSurrogate)),
        (br#"{"a":"\udc00"}"#, Some(Reason::LoneSurrogate)),
        (br#"{"a":"\ud800\u0041"}"#, Some(Reason::LoneSurrogate)),
        (br#"{"a":"\u12"}"#, Some(Reason::Syntax)),
        (br"[[[[1]]]]", None),
        (br"[[[[[1]]]]]", Some(Reason::TooDeep)),
    ];
    for (text, expected) in rows {
        let got = check(text, 4).err().map(|refusal| refusal.reason);
        assert_eq!(*expected, got, "{}", String::from_utf8_lossy(text));
    }
}

/// A hundred thousand members, the last one repeated, are found without quadratic work.
#[test]
fn finds_a_late_duplicate_among_many_members() {
    let members: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\":0")).collect();
    let text = format!("{{{},\"k99999\":1}}", members.join(","));
    let refusal = check(text.as_bytes(), 4).unwrap_err();
    assert_eq!(Reason::DuplicateKey, refusal.reason);
}

/// Depth is bounded before the stack is.
#[test]
fn refuses_a_hundred_thousand_brackets() {
    let text = "[".repeat(100_000);
    assert_eq!(
        Reason::TooDeep,
        check(text.as_bytes(), 32).unwrap_err().reason
    );
}
