//! The names suppliers give their columns, and what a name we do not know is made of.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{has_cjk, narrow};

/// What a column's name says it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The code itself.
    Code,
    /// A secret: the password beside a card number, else the code.
    Secret,
    /// A password.
    Pin,
    /// A card number: the code, unless a column holds codes proper.
    CardNumber,
    /// A number of anything: the code only where nothing else is.
    Weak,
    /// A link.
    Url,
    /// A code or a link, each row as it is.
    CodeOrUrl,
    /// When it expires.
    ExpiresAt,
    /// Whether it is sold.
    Status,
    /// Filled once it was sold or used.
    SoldMark,
    /// Known, and nothing to sell.
    Other,
}

impl Role {
    /// Whether the column holds a part of what is sold.
    pub(super) fn is_goods(self) -> bool {
        matches!(
            self,
            Self::Code
                | Self::Secret
                | Self::Pin
                | Self::CardNumber
                | Self::Weak
                | Self::Url
                | Self::CodeOrUrl
        )
    }
}

/// Names as `normalise` leaves them.
const NAMES: &[(Role, &str)] = &[
    (
        Role::Code,
        "code codes cdkey cdkeys cdk cdks key keys cardcode giftcode giftcardcode giftcards redeemcode redemptioncode redeem \
         vouchercode voucher vouchers couponcode coupon coupons activationcode activationkey productkey gamekey steamkey \
         license licence licensekey licencekey licenses serialkey epin epins ecode egift promocode promo token tokens \
         topupcode rechargecode accesscode claimcode unlockcode digitalcode downloadcode gutschein gutscheincode \
         schlüssel aktivierungscode codecadeau clé codigo código codigos códigos clave claves chave chaves kod код коды \
         ключ ключи コード シリアルコード ギフトコード 코드 \
         电子码 电子券码 凭证码 串码 卡码 兑换码 兑换券 兑奖码 券码 激活码 激活密钥 激活key 卡券码 卡券 礼品码 礼品卡码 优惠码 优惠券码 序列码 \
         充值码 提货码 核销码 领取码 领取口令 使用码 授权码 注册码 邀请码 体验码 会员码 游戏激活码 游戏码 产品密钥 产品码 许可证 许可证密钥 \
         卡号密码 卡号卡密 卡密密码 兑换口令 口令 卡密兑换码 消费码 验证码 取货码 点卡 点券 券 卡 凭证 礼包码 cdk码 key码",
    ),
    (
        Role::Secret,
        "secret secrets cardsecret cardkey 卡密 卡密码 卡密信息 卡密内容 商品卡密 充值卡密 密钥 卡片密码 秘钥 卡密列表 卡密详情",
    ),
    (
        Role::Pin,
        "pin pins pincode pinnumber password passwords passwd pwd pass passcode passphrase cardpwd cardpassword cardpass cardpin \
         securitycode cvv cvc cvv2 密码 提取码 pin码 充值密码 登录密码 卡密密 查询密码 取件码 安全码 邮箱密码 emailpassword mailpassword contraseña пароль パスワード 비밀번호",
    ),
    (
        Role::CardNumber,
        "cardnumber cardno cardnum card cards giftcard vouchernumber voucherno couponno couponnumber account accounts username user \
         login email mail 卡号 卡号码 卡片号码 卡券号 券号 券码号 账号 用户名 登录账号 登录名 邮箱 邮箱账号 取货号 提货号 礼品卡号 充值卡号 卡号信息",
    ),
    (
        Role::Weak,
        "number no num serial serialnumber serialno sn 序列号 编码 流水号 串号 号码",
    ),
    (
        Role::Url,
        "url urls link links redeemurl redeemlink redemptionurl redemptionlink activationurl activationlink href uri shorturl \
         链接 兑换链接 领取链接 网址 地址 兑换地址 领取地址 短链 短链接 激活链接 使用链接 兑换网址 二维码链接 卡密链接 提货链接",
    ),
    (
        Role::ExpiresAt,
        "expiresat expires expire expiry expirydate expirationdate expiration expiredate expireat expiretime expirydatetime \
         expiresdate expdate validuntil validto validthru validthrough validtill validitydate gültigbis \
         有效期 有效期至 有效期到 有效期限 过期时间 过期日期 过期日 到期时间 到期日 到期日期 到期 截止日期 截止时间 失效时间 失效日期 \
         有效截止日期 有效截止时间 使用截止日期 使用截止时间 有效日期 使用有效期 有效期截止 有效期结束",
    ),
    (
        Role::Status,
        "status state 状态 卡密状态 使用状态 卡状态 销售状态 售卖状态 兑换状态 是否使用 是否已用 是否售出 是否已售 是否兑换 激活状态 used sold redeemed",
    ),
    (
        Role::SoldMark,
        "usedat usedtime useddate soldat soldtime solddate redeemedat redeemedon redeemeddate usedby soldto buyer redeemedby activatedat \
         售出时间 售出日期 使用时间 使用日期 兑换时间 核销时间 激活时间 出库时间 发货时间 领取时间 领取人 使用人 买家 购买人 兑换人 客户",
    ),
    (
        Role::Other,
        "value foreignid availabilityenddate barcode facevalue denomination denom id ids index row rowno line lineno seq \
         name names title product productname productid productcode sku skucode skuid item itemname itemno goods brand \
         remark remarks note notes comment comments description desc batch batchno batchnumber amount currency price cost \
         quantity qty region country platform type category spec supplier vendor store order orderno ordernumber orderid \
         createdat created createtime date time issuedate issuedat purchasedate startdate validfrom activefrom \
         面值 面额 金额 批次号 批次 备注 说明 商品名称 商品规格 商品 商品编号 商品编码 商品id 产品 产品名称 产品编号 产品编码 规格 名称 卡名 卡种 卡类型 \
         价格 单价 成本 成本价 售价 进价 序号 编号 行号 数量 币种 地区 区服 国家 类型 类别 分类 品牌 供应商 渠道 订单号 订单编号 订单 \
         创建时间 生成时间 导入时间 添加时间 入库时间 日期 时间 开始时间 生效时间 生效日期 开卡日期 发行日期 购买日期 使用说明 兑换说明 兑换方式",
    ),
];

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
