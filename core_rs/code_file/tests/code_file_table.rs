//! Small files as suppliers send them, and the right value of each: so many codes, a question, or
//! a refusal. What is not certain is asked about and never sold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use quangate_code_file::Overrides;

mod code_file_rig;
use code_file_rig::{Outcome, read_chunked};

fn read(bytes: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(bytes);
    read_chunked(bytes, &Overrides::default(), usize::MAX).expect(&text)
}

/// The codes of a file that is read without a question; refused rows are left out.
fn codes(text: &str) -> Vec<String> {
    let outcome = read(text.as_bytes());
    assert_eq!(outcome.doubts, Vec::<String>::new(), "{text}");
    outcome
        .rows
        .into_iter()
        .filter(|row| !row.starts_with('!'))
        .collect()
}

/// Names of columns: in any language, case and width, with units and numbers.
const NAMES: &[&str] = &[
    "Steam Key",
    "Product Key",
    "游戏激活码",
    "激活密钥",
    "License",
    "epin",
    "兑换码/链接",
    "卡密（一行一个）",
    "Code 1",
    "STEAM KEY",
    "code",
    "Code",
    "CODES",
    "ＣＯＤＥ",
    "Gift Code",
    "Gift Card Code",
    "Redeem code:",
    "Voucher",
    "Voucher Code",
    "E-PIN",
    "ePIN",
    "PIN",
    "CDKEY",
    "CD-Key",
    "CDK兑换码",
    "激活码（Steam）",
    "【卡密】",
    "卡密:",
    "卡密列表",
    "兌換碼",
    "序號",
    "卡號",
    "券码",
    "礼品卡卡密",
    "Q币充值卡密",
    "会员激活码",
    "领取口令",
    "License Key (1 PC)",
    "Activation Key",
    "serial_key",
    "redeemCode",
    "Serial Number",
    "Netflix PIN",
    "Xbox Gift Code",
    "PSN Code",
    "Amazon Gift Card",
    "Key",
    "Keys",
    "Token",
    "Coupon Code",
    "卡号/卡密",
    "卡号或卡密",
    "code or link",
    "Gutscheincode",
    "código",
    "ключ",
    "secret",
    "\u{feff}code",
    "\"code\"",
    "code 2",
    "Code1",
    "卡密1",
    "兑换码（共2个）",
    "Windows 产品密钥",
    "激活KEY",
];

/// A name over two codes is none.
#[test]
fn headers_are_never_sold() {
    for name in NAMES {
        if *name == "序號" {
            continue; // a row number's name: see below
        }
        let text = format!("{name}\nABCD-1234-EFGH\nJKLM-5678-NPQR\n");
        assert_eq!(codes(&text), ["ABCD-1234-EFGH", "JKLM-5678-NPQR"], "{name}");
    }
}

/// Codes that resemble names are codes.
#[test]
fn codes_are_never_taken_for_headers() {
    let files: [&[&str]; 8] = [
        &["CODE-1", "CODE-2"],
        &["CODE-1"],
        &["KEY-0001", "KEY-0002"],
        &["PIN1234", "PIN5678"],
        &["AAAA-BBBB-CCCC", "DDDD-EEEE-FFFF"],
        &["abcdefgh", "ijklmnop"],
        &["SUM-1", "TOTAL-2"],
        &["A"],
    ];
    for file in files {
        assert_eq!(codes(&file.join("\n")), file, "{file:?}");
    }
}

/// Every secret of a line reaches the buyer, or somebody is asked.
#[test]
fn asks_about_further_secrets() {
    let files: [(&str, &str); 12] = [
        (
            "u1@mail.example----Pw1----mailpw1----K1\nu2@mail.example----Pw2----mailpw2----K2\nu3@mail.example----Pw3----mailpw3----K3",
            "K1",
        ),
        ("卡号,密码,密钥\nAJ-1,p1,KEY1\nAJ-2,p2,KEY2", "KEY1"),
        ("A1,p1,q1\nA2,p2,q2", "q1"),
        ("A1|p1|q1|r1\nA2|p2|q2|r2", "r1"),
        ("A1\tp1\tq1\nA2\tp2\tq2", "q1"),
        ("code,pin,secret\nA1,p1,s1\nA2,p2,s2", "s1"),
        ("卡号,密码,卡号,密码\nA1,p1,A2,p2\nA3,p3,A4,p4", "A2"),
        ("兑换码,卡号,密码\nA1,n1,p1\nA2,n2,p2", "n1"),
        ("激活码,序列号\nA1,sn1\nA2,sn2", "sn1"),
        (
            "卡号：A1 密码：p1 密钥：k1\n卡号：A2 密码：p2 密钥：k2",
            "k1",
        ),
        (
            "user,password,email,email password\nu1,p1,m1@x.cn,q1\nu2,p2,m2@x.cn,q2",
            "q1",
        ),
        ("A1;p1;q1\nA2;p2;q2", "q1"),
    ];
    for (text, last) in files {
        let outcome = read(text.as_bytes());
        assert!(!outcome.doubts.is_empty(), "{text}");
        assert!(outcome.rows[0].contains(last), "{text}: {:?}", outcome.rows);
    }
}

/// What is no secret is left out by name, and counted.
#[test]
fn names_what_it_leaves_out() {
    let outcome = read("编码,卡号,密码\nSKU1,AE-0001,p1\nSKU1,AE-0002,p2\n".as_bytes());
    assert_eq!(outcome.rows, ["AE-0001|p1", "AE-0002|p2"]);
    assert_eq!((outcome.doubts.len(), outcome.ignored["编码"]), (0, 2));
    let outcome = read("序号,卡密,面值,批次\n1,K-1,50,B7\n2,K-2,50,\n".as_bytes());
    assert_eq!(outcome.rows, ["K-1", "K-2"]);
    let named: Vec<(&str, u64)> = outcome
        .ignored
        .iter()
        .map(|(name, cells)| (name.as_str(), *cells))
        .collect();
    assert_eq!(named, [("序号", 2), ("批次", 1), ("面值", 2)]);
    // Constant columns of unknown names are no secrets; others are asked about.
    assert!(read(b"code,foo\nA1,x\nA2,x\n").doubts.is_empty());
    assert!(!read(b"code,foo\nA1,x\nA2,y\n").doubts.is_empty());
    assert!(
        !read(b"SKU1,AE-0001\nSKU1,AE-0002\nSKU1,AE-0003\n")
            .doubts
            .is_empty()
    );
    assert!(!read("A1,10.00\nA2,10.00\n".as_bytes()).doubts.is_empty());
    assert!(!read("A1,月卡\nA2,月卡\n".as_bytes()).doubts.is_empty());
}

/// Titles above, sums below, and how a spreadsheet says what separates.
#[test]
fn frames_are_never_sold() {
    let table: [(&str, &[&str]); 14] = [
        ("sep=;\ncode;pin\nA-1;1", &["A-1|1"]),
        ("\"sep=,\"\ncode,pin\nA-1,1", &["A-1|1"]),
        ("SEP=\t\ncode\tpin\nA-1\t1", &["A-1|1"]),
        ("五月提货单\ncode,pin\nA-1,1\n合计,1", &["A-1|1"]),
        (
            "某某平台 提货清单,\n订单号：2026050100001,\n卡号,密码\nA-1,1\n总计,1",
            &["A-1|1"],
        ),
        (
            "Order export of May\n\ncode,pin\nA-1,1\nTotal,1",
            &["A-1|1"],
        ),
        ("code,pin\nA-1,1\nTotal: 1,", &["A-1|1"]),
        ("卡密\nA-1\n合计：1", &["A-1"]),
        ("卡密\nA-1\n共1张", &["A-1"]),
        ("卡密\nA-1\n合计1张", &["A-1"]),
        ("code\nA-1\nGrand total\n", &["A-1"]),
        ("A-1\nA-2\n合计 2", &["A-1", "A-2"]),
        ("卡号,密码\ncard number,password\nA-1,1", &["A-1|1"]),
        ("卡密\nA-1\n卡密\nA-2", &["A-1", "A-2"]),
    ];
    for (text, expected) in table {
        assert_eq!(codes(text), expected, "{text}");
    }
    for text in [
        "五月批次\nAAAA-1111\nAAAA-2222",
        "Lieferung\nAAAA-1111\nAAAA-2222",
        "订单20260501\nAAAA-1111\nAAAA-2222",
    ] {
        assert!(!read(text.as_bytes()).doubts.is_empty(), "{text}");
    }
    // Nothing of a frame goes unsaid.
    let rows = read("五月提货单\ncode,pin\nA-1,1\n合计,1".as_bytes()).rows;
    assert_eq!(rows, ["!title", "A-1|1", "!total"]);
}

/// Row numbers are no codes, and the next file's are not their duplicates.
#[test]
fn row_numbers_are_taken_off() {
    let styles = [
        "1. E-1\n2. E-2",
        "1.E-1\n2.E-2",
        "1、E-1\n2、E-2",
        "(1) E-1\n(2) E-2",
        "（1）E-1\n（2）E-2",
        "No.1 E-1\nNo.2 E-2",
        "#1 E-1\n#2 E-2",
        "1) E-1\n2) E-2",
        "[1] E-1\n[2] E-2",
        "01. E-1\n02. E-2",
        "7. E-1\n8. E-2",
        "卡密\n1. E-1\n2. E-2",
        "  1.  E-1\n  2.  E-2",
        "1: E-1\n2: E-2",
        "序号,卡密\n1,E-1\n2,E-2",
        "序號\t卡密\n1\tE-1\n2\tE-2",
        "No,Code\n1,E-1\n2,E-2",
        "第1 E-1\n第2 E-2",
        "1．E-1\n2．E-2",
        "1. E-1\n2. E-2\n合计：2",
    ];
    for text in styles {
        assert_eq!(codes(text), ["E-1", "E-2"], "{text}");
    }
    assert_eq!(codes("1. E-1----p1\n2. E-2----p2"), ["E-1|p1", "E-2|p2"]);
    assert_eq!(codes("1,E-1\n2,E-2\n3,E-3"), ["E-1", "E-2", "E-3"]);
    assert_eq!(codes("1 E-1\n2 E-2\n3 E-3"), ["E-1", "E-2", "E-3"]);
    assert_eq!(codes("0001----p1\n0002----p2"), ["0001|p1", "0002|p2"]); // numbers that are codes
    for text in ["1. E-1\n3. E-2\n7. E-3", "1,E-1\n2,E-2", "1. E-1"] {
        assert!(!read(text.as_bytes()).doubts.is_empty(), "{text}");
    }
}

/// What the supplier marks as sold is refused, and said.
#[test]
fn sold_ones_are_refused() {
    for word in [
        "已售",
        "已使用",
        "used",
        "Sold",
        "已兑换",
        "REDEEMED",
        "已售出",
    ] {
        let outcome = read(format!("卡密,状态\nA-1,{word}\nA-2,未售\nA-3,\n").as_bytes());
        assert_eq!(outcome.rows, ["!sold", "A-2", "A-3"], "{word}");
        assert!(outcome.doubts.is_empty(), "{word}");
    }
    assert_eq!(
        read("code,used_at\nA-1,2026-01-01\nA-2,\n".as_bytes()).rows,
        ["!sold", "A-2"]
    );
    assert_eq!(
        read("卡密,售出时间\nA-1,2026-01-01\nA-2,\n".as_bytes()).rows,
        ["!sold", "A-2"]
    );
    assert!(
        !read("卡密,状态\nA-1,3\nA-2,4\n".as_bytes())
            .doubts
            .is_empty()
    );
}

/// Found by trying other files than those that were found first.
#[test]
fn kin_of_what_was_found() {
    let table: [(&str, &[&str]); 9] = [
        ("① E-1\n② E-2", &["E-1", "E-2"]),
        ("第1张：E-1\n第2张：E-2", &["E-1", "E-2"]),
        ("E-1 未使用\nE-2 已使用", &["E-1"]),
        ("E-1,unused\nE-2,used\nE-3,unused", &["E-1", "E-3"]),
        ("卡号：A1 状态：已售\n卡号：A2 状态：未售", &["A2"]),
        (
            "卡号：A1，密码：p1，有效期：2031-01-01\n卡号：A2，密码：p2，有效期：2031-01-01",
            &["A1|p1||2031-01-01", "A2|p2||2031-01-01"],
        ),
        (
            "No.,Code,Pin\n1,A-1,p1\n2,A-2,p2\nTotal,2,",
            &["A-1|p1", "A-2|p2"],
        ),
        ("code,status\nA-1,SOLD OUT\nA-2,available", &["A-2"]),
        (
            "foo@x.cn:pw1\nbar@x.cn:pw2",
            &["foo@x.cn:pw1", "bar@x.cn:pw2"],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(codes(text), expected, "{text}");
    }
    for text in [
        "*****订单导出*****\nAAAA-1111\nAAAA-2222\n*****结束*****",
        "A-1\nA-2\n总数：2\n导出时间：2026-05-01",
        "email:pass:recovery\nfoo@x.cn:pw1:r@x.cn\nbar@x.cn:pw2:s@x.cn",
        "卡号：A1\n密码：p1\n\n卡号：A2\n密码：p2",
    ] {
        assert!(!read(text.as_bytes()).doubts.is_empty(), "{text}");
    }
    // The password stands before what belongs to it besides.
    let outcome = read("密钥,卡号,密码\nk1,A1,p1\nk2,A2,p2".as_bytes());
    assert_eq!(outcome.rows[0], "A1|p1\n密钥: k1");
}
