//! The names suppliers give their columns, and what a name we do not know is made of.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::name_table::NAMES;
pub(super) use super::name_table::Role;
use super::text::{has_cjk, narrow};

/// Every name of the table by itself.
static BY_NAME: LazyLock<HashMap<&'static str, Role>> = LazyLock::new(|| {
    let each = |(role, names): &(Role, &'static str)| {
        names
            .split_whitespace()
            .map(|name| (name, *role))
            .collect::<Vec<_>>()
    };
    // The first of two counts.
    NAMES.iter().rev().flat_map(each).collect()
});

/// The role of a name in the table; labels such as `卡号：` are looked up here and nowhere else.
pub(super) fn known(cell: &str) -> Option<Role> {
    if cell.is_empty() || cell.len() > 120 {
        return None;
    }
    BY_NAME.get(normalise(cell).as_str()).copied()
}

/// The role of a header's cell: a name of the table, several of them, or words that say it.
pub(super) fn role_of(cell: &str) -> Option<Role> {
    if cell.chars().count() > 40 {
        return None;
    }
    known(cell)
        .or_else(|| of_several(cell))
        .or_else(|| of_words(cell))
}

/// A name without blanks, marks, brackets and what stands in them, width, case, traditional
/// forms, and a number at its end.
pub(super) fn normalise(cell: &str) -> String {
    let narrowed: String = cell.chars().map(narrow).collect();
    let outside = without_brackets(&narrowed);
    let text = if outside.trim().is_empty() {
        narrowed
    } else {
        outside
    };
    let name: String = text
        .chars()
        .filter(|c| {
            !c.is_whitespace() && !"_-\"'`*:()[]{}<>【】「」《》#.,!?;。，：；·|".contains(*c)
        })
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_ascii() { c } else { simplified(c) })
        .collect();
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if bare.is_empty() {
        name
    } else {
        bare.to_owned()
    }
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '【' | '{' => depth += 1,
            ')' | ']' | '】' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Traditional characters of these names, as their simplified ones.
fn simplified(c: char) -> char {
    const PAIRS: &str = "號号碼码換换鏈链鍵键過过時时間间領领憑凭證证禮礼帳账賬账帐账戶户狀状態态銷销遊游戲戏啟启點点備备註注數数額额價价編编訂订\
                         單单連连結结驗验優优劵券儲储產产類类總总計计電电許许購购買买貨货鑰钥體体會会員员邀邀請请網网內内詳详種种區区國国應应";
    let mut chars = PAIRS.chars();
    while let (Some(traditional), Some(simple)) = (chars.next(), chars.next()) {
        if traditional == c {
            return simple;
        }
    }
    c
}

/// `兑换码/链接`, `卡号+密码`, `code or link`: all of them names, and one of them goods.
fn of_several(cell: &str) -> Option<Role> {
    let narrowed: String = cell.chars().map(narrow).collect();
    let text = without_brackets(&narrowed)
        .to_lowercase()
        .replace(" or ", "/")
        .replace(" and ", "/");
    let parts: Vec<&str> = text
        .split(['/', '或', '及', '和', '与', '&', '+', '、', '\\'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let roles: Vec<Role> = parts
        .into_iter()
        .map(|part| known(part).or_else(|| of_words(part)))
        .collect::<Option<_>>()?;
    let links = roles.contains(&Role::Url);
    let codes = roles
        .iter()
        .any(|role| role.is_goods() && *role != Role::Url);
    match (links, codes) {
        (true, true) => Some(Role::CodeOrUrl),
        (false, true) => Some(Role::Code),
        _ => roles.first().copied(),
    }
}

/// Words that say what a name of several words is: the last of them decides.
const WORDS: &[(Role, &str)] = &[
    (
        Role::Code,
        "code codes key keys cdkey epin voucher vouchers coupon coupons token license licence licenses serial gutschein",
    ),
    (Role::Pin, "pin pins password passwords passcode pwd"),
    (Role::Secret, "secret secrets"),
    (Role::CardNumber, "card cards account accounts"),
    (Role::Url, "url urls link links"),
    (Role::ExpiresAt, "expiry expiration expires expire expiring"),
    (Role::Status, "status state"),
    (
        Role::Other,
        "date time name price value amount currency region country id type brand batch note remark quantity cost product title \
         description platform category supplier number no order",
    ),
];

/// Endings of Chinese names.
const ENDINGS: &[(Role, &[&str])] = &[
    (Role::Secret, &["卡密", "密钥", "秘钥"]),
    (Role::CardNumber, &["卡号", "券号", "账号"]),
    (Role::Pin, &["密码", "提取码"]),
    (Role::Url, &["链接", "网址"]),
    (Role::Status, &["状态"]),
    (
        Role::Other,
        &[
            "名称", "编号", "编码", "时间", "日期", "价", "金额", "数量", "备注", "说明", "类型",
        ],
    ),
    (
        Role::Code,
        &["码", "券", "口令", "key", "cdk", "code", "cdkey", "pin"],
    ),
];

/// A name of several words, or a Chinese one with a known ending.
fn of_words(cell: &str) -> Option<Role> {
    let name = normalise(cell);
    if name.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    if has_cjk(&name) {
        if name.chars().count() > 12 {
            return None;
        }
        if ["有效期", "过期", "到期", "失效"]
            .iter()
            .any(|word| name.contains(word))
        {
            return Some(Role::ExpiresAt);
        }
        let ends = |endings: &&[&str]| endings.iter().any(|ending| name.ends_with(ending));
        return ENDINGS
            .iter()
            .find(|(_, endings)| ends(endings))
            .map(|(role, _)| *role);
    }
    let words = words_of(cell)?;
    let of = |word: &String| {
        let listed = |names: &str| names.split_whitespace().any(|one| one == word);
        WORDS
            .iter()
            .find(|(_, names)| listed(names))
            .map(|(role, _)| *role)
    };
    if words.iter().any(|word| word.starts_with("expir")) {
        return Some(Role::ExpiresAt);
    }
    // `Gift Card Number` is what `Card Number` is; an order's number is nothing to sell.
    let numbered = words
        .last()
        .is_some_and(|word| ["number", "no", "num"].contains(&word.as_str()));
    let of_card = |word: &String| ["card", "voucher", "coupon"].contains(&word.as_str());
    if numbered && words.iter().rev().nth(1).is_some_and(of_card) {
        return Some(Role::CardNumber);
    }
    words.last().and_then(of)
}

/// The words of a Latin name, in small letters; `None` if it is none: `KEY-ABCD` is a code.
fn words_of(cell: &str) -> Option<Vec<String>> {
    let narrowed: String = cell.chars().map(narrow).collect();
    let text = without_brackets(&narrowed);
    let text = text.trim().trim_end_matches(|c: char| {
        c.is_ascii_digit() || c.is_whitespace() || c == ':' || c == '#'
    });
    let shouted = !text.chars().any(char::is_lowercase);
    if shouted && text.contains('-') {
        return None;
    }
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        match c {
            c if c.is_alphabetic() => {
                let starts = !before.is_alphabetic() || before.is_lowercase() && c.is_uppercase();
                if starts {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.extend(c.to_lowercase());
                }
            }
            ' ' | '_' | '-' | '.' | '\'' => {}
            _ => return None,
        }
        before = c;
    }
    (1..=6).contains(&words.len()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names as suppliers write them, in any case, width and script, with units and numbers.
    #[test]
    fn knows_names() {
        let table = [
            ("Steam Key", Some(Role::Code)),
            ("Product Key", Some(Role::Code)),
            ("游戏激活码", Some(Role::Code)),
            ("激活密钥", Some(Role::Code)),
            ("License", Some(Role::Code)),
            ("epin", Some(Role::Code)),
            ("E-PIN", Some(Role::Code)),
            ("兑换码/链接", Some(Role::CodeOrUrl)),
            ("卡密（一行一个）", Some(Role::Secret)),
            ("Code 1", Some(Role::Code)),
            ("ＣＯＤＥ", Some(Role::Code)),
            ("【卡號】", Some(Role::CardNumber)),
            ("卡密:", Some(Role::Secret)),
            ("Xbox Gift Code", Some(Role::Code)),
            ("serial_key", Some(Role::Code)),
            ("redeemCode", Some(Role::Code)),
            ("卡号/卡密", Some(Role::Code)),
            ("Q币充值卡密", Some(Role::Secret)),
            ("Expiration date (UTC)", Some(Role::ExpiresAt)),
            ("卡密有效期", Some(Role::ExpiresAt)),
            ("Order Number", Some(Role::Other)),
            ("Gift Card Number", Some(Role::CardNumber)),
            ("Amazon voucher no.", Some(Role::CardNumber)),
            ("Security Code", Some(Role::Pin)),
            ("面值(元)", Some(Role::Other)),
            ("KEY-ABCD", None),
            ("AAAA-0001", None),
            ("CODE-1", Some(Role::Code)), // its neighbours say that it is a code
            ("hello world", None),
            ("foo", None),
        ];
        for (name, role) in table {
            assert_eq!(role_of(name), role, "{name}");
        }
    }
}
