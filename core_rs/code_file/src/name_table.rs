//! The names suppliers give their columns, and what they say a column holds.

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

/// Names as `names::normalise` leaves them.
pub(super) const NAMES: &[(Role, &str)] = &[
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
