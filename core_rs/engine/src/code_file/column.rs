//! What a column holds, and the names suppliers give it.

use super::FileError;

/// What a column of a code file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The code itself.
    Code,
    /// A card number: the code, unless the file has a column for codes proper.
    CardNumber,
    /// A password that belongs to the code.
    Pin,
    /// A redemption link.
    Url,
    /// The day or moment the code expires.
    ExpiresAt,
    /// Read over.
    Ignored,
}

/// Header names, without blanks, `_`, `-`, brackets and in lower case. First match wins.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Code,
        &[
            "电子码",
            "电子券码",
            "凭证码",
            "串码",
            "卡码",
            "code",
            "codes",
            "secret",
            "cdkey",
            "cdk",
            "key",
            "cardcode",
            "giftcode",
            "redeemcode",
            "redemptioncode",
            "vouchercode",
            "voucher",
            "couponcode",
            "activationcode",
            "licensekey",
            "serialkey",
            "兑换码",
            "券码",
            "激活码",
            "卡券码",
            "卡券",
            "礼品码",
            "礼品卡码",
            "优惠码",
            "序列码",
            "充值码",
            "提货码",
            "核销码",
            "卡号密码",
            "卡号卡密",
            "兌換碼",
            "券碼",
            "激活碼",
        ],
    ),
    // A secret beside a card number is its password; alone it is the code (`SECRETS`).
    (
        Column::Pin,
        &[
            "卡密信息",
            "卡密内容",
            "商品卡密",
            "充值卡密",
            "密钥",
            "充值密码",
            "pin",
            "pincode",
            "pinnumber",
            "password",
            "passwd",
            "pwd",
            "cardpwd",
            "cardpassword",
            "cardpass",
            "密码",
            "卡密",
            "密碼",
            "卡密码",
            "卡片密码",
            "提取码",
            "pin码",
        ],
    ),
    (
        Column::CardNumber,
        &[
            "cardnumber",
            "cardno",
            "cardnum",
            "number",
            "serial",
            "serialnumber",
            "serialno",
            "sn",
            "卡号",
            "卡號",
            "卡片号码",
            "卡券号",
            "券号",
            "账号",
            "帐号",
            "序列号",
            "编码",
        ],
    ),
    (
        Column::Url,
        &[
            "url",
            "link",
            "redeemurl",
            "redemptionurl",
            "href",
            "链接",
            "兑换链接",
            "領取鏈接",
            "领取链接",
            "网址",
            "地址",
            "鏈接",
        ],
    ),
    (
        Column::ExpiresAt,
        &[
            "expiresat",
            "expires",
            "expiry",
            "expirydate",
            "expirationdate",
            "expiredate",
            "expireat",
            "expiretime",
            "validuntil",
            "validto",
            "有效期",
            "有效期至",
            "过期时间",
            "到期时间",
            "到期日",
            "截止日期",
            "失效时间",
            "有效截止日期",
            "過期時間",
        ],
    ),
];

/// Names that only ever stand in a header; they make a first line more surely one.
const OTHER_NAMES: &[&str] = &[
    "value",
    "foreignid",
    "availabilityenddate",
    "barcode",
    "面值",
    "批次号",
    "批次",
    "备注",
    "商品名称",
    "商品规格",
    "规格",
    "名称",
    "价格",
    "id",
    "序号",
    "状态",
    "name",
    "product",
    "sku",
    "remark",
    "note",
    "batch",
    "amount",
    "currency",
    "status",
    "编号",
    "数量",
];

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
            Self::Ignored => "-",
        }
    }

    /// Reads the operator's `code,pin,-,expires_at`.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FileError> {
        let columns = text
            .split(',')
            .map(|word| Self::parse(word.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        if columns.iter().any(|column| column.carries_goods()) {
            Ok(columns)
        } else {
            Err(FileError::NoCodeColumn)
        }
    }

    fn parse(word: &str) -> Result<Self, FileError> {
        match word {
            "code" => Ok(Self::Code),
            "card_number" => Ok(Self::CardNumber),
            "pin" => Ok(Self::Pin),
            "url" => Ok(Self::Url),
            "expires_at" => Ok(Self::ExpiresAt),
            "-" | "" => Ok(Self::Ignored),
            other => Err(FileError::Override(format!(
                "no such column: {other} (code, card_number, pin, url, expires_at, -)"
            ))),
        }
    }

    /// Whether a row can be sold by this column alone.
    #[must_use]
    pub fn carries_goods(self) -> bool {
        matches!(self, Self::Code | Self::CardNumber | Self::Url)
    }
}

/// A header cell as it is compared: no blanks, marks or case.
#[must_use]
pub fn normalise_name(cell: &str) -> String {
    cell.chars()
        .filter(|c| !c.is_whitespace() && !"_-\"'*:：()（）[]【】#.\u{feff}".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Names of a secret that is the code itself where no column names a code or a card number.
const SECRETS: &[&str] = &[
    "卡密",
    "卡密码",
    "卡密信息",
    "卡密内容",
    "商品卡密",
    "充值卡密",
    "密钥",
    "卡片密码",
];

/// The columns a header names, or `None` if the line is no header.
///
/// A header names a code, a card number, a password or a link, and at least half of its
/// filled cells are names we know: a line of data never does both.
#[must_use]
pub fn from_header(cells: &[&str]) -> Option<Vec<Column>> {
    let names: Vec<String> = cells.iter().map(|cell| normalise_name(cell)).collect();
    let found: Vec<Option<Column>> = names.iter().map(|name| column_named(name)).collect();
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    let other = |name: &str| OTHER_NAMES.contains(&name);
    let known = names
        .iter()
        .zip(&found)
        .filter(|(name, column)| column.is_some() || other(name))
        .count();
    let goods = found
        .iter()
        .flatten()
        .any(|c| c.carries_goods() || *c == Column::Pin);
    (goods && known * 2 >= filled).then(|| resolve(found, &names))
}

fn column_named(name: &str) -> Option<Column> {
    let found = NAMES.iter().find(|(_, names)| names.contains(&name));
    found.map(|(column, _)| *column)
}

/// One column for each role: the first that has the name.
fn resolve(mut found: Vec<Option<Column>>, names: &[String]) -> Vec<Column> {
    if !found.iter().flatten().any(|column| column.carries_goods()) {
        name_the_code(&mut found, names);
    }
    let has_code = found.contains(&Some(Column::Code));
    let mut taken = Vec::new();
    let settle = |column: Option<Column>| {
        let role = match column {
            // Beside a code proper a card number is only a label.
            Some(Column::CardNumber) if has_code => Column::Ignored,
            Some(column) => column,
            None => Column::Ignored,
        };
        if taken.contains(&role) {
            return Column::Ignored;
        }
        taken.push(role);
        role
    };
    found.into_iter().map(settle).collect()
}

/// A header with a password but nothing it belongs to: a secret is the code itself; beside any
/// other password the first column of an unknown name is.
fn name_the_code(found: &mut [Option<Column>], names: &[String]) {
    let secret = names
        .iter()
        .position(|name| SECRETS.contains(&name.as_str()));
    let unknown = || {
        let mut cells = names.iter().zip(found.iter());
        cells.position(|(name, column)| {
            column.is_none() && !name.is_empty() && !OTHER_NAMES.contains(&name.as_str())
        })
    };
    // A password alone is what is sold.
    let password = || found.iter().position(|column| *column == Some(Column::Pin));
    if let Some(place) = secret.or_else(unknown).or_else(password) {
        found[place] = Some(Column::Code);
    }
}
