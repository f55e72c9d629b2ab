"""What to do about each problem, failure and message, in both languages. Pure.

One row for everything that a partner can be told: tests hold the rows against the codes there are.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Both(NamedTuple):
    """The same in English and in Chinese."""

    en: str
    zh: str

    def said(self, language: str) -> str:
        """In one of them."""
        return self.zh if language == "zh" else self.en


PROBLEMS: Final[Mapping[str, Both]] = {
    "invalid-request": Both(
        "A member, parameter or header is wrong: `errors` names it. Mend the program; do"
        " not repeat.",
        "某个成员、参数或请求头不对：见 `errors`。请修改程序，不要重试。",
    ),
    "malformed-json": Both(
        "The body is no JSON in UTF-8, has a member twice, or ended early. Send what you signed.",
        "请求体不是 UTF-8 的 JSON、有重复成员，或提前结束。发送的必须就是签名的内容。",
    ),
    "unauthenticated": Both(
        "Unknown or ended key, or a signature over something else. Compare with the vector; the"
        " operator's `quangate key check` tells which part differs.",
        "密钥不存在或已失效，或签名内容不同。请对照测试向量；运营方的 `quangate key check`"
        " 能指出哪一部分不同。",
    ),
    "stale-timestamp": Both(
        "Your clock is more than 300 s off. `server_time` is ours: correct yours, sign again.",
        "你的时钟相差超过 300 秒。`server_time` 是我们的时间：校准后重新签名。",
    ),
    "replayed-nonce": Both(
        "This key used the nonce within ten minutes. Make a fresh one for every request.",
        "十分钟内用过这个随机串。每个请求都要新的。",
    ),
    "insufficient-balance": Both(
        "Nothing was charged. Deposit, then send the same order again.",
        "没有扣款。充值后把同一个订单再发一次。",
    ),
    "forbidden": Both(
        "The key lacks the scope, the address is not on its list, or the SKU or campaign is not for"
        " you. Ask the operator.",
        "密钥没有这个权限、地址不在白名单，或商品、活动不对你开放。请联系运营方。",
    ),
    "pass-required": Both(
        "The campaign has a waiting room: take a place, and send the pass in `X-Quangate-Pass`.",
        "活动有等候室：先取号，再用 `X-Quangate-Pass` 带上通行证。",
    ),
    "pass-invalid": Both(
        "The pass has run out, or is for another buyer or campaign. Take another.",
        "通行证过期，或属于别的买家、别的活动。请重新取。",
    ),
    "not-found": Both(
        "There is no such thing, or it is not yours. Of an order you just sent: it was not made.",
        "没有这个东西，或者不是你的。对刚发送的订单：它没有成立。",
    ),
    "unknown-sku": Both(
        "There is no such SKU for you. Read `/v1/products` again; `sandbox:…` is for sandbox keys.",
        "你没有这个 SKU。重新读取 `/v1/products`；`sandbox:…` 只给沙箱密钥。",
    ),
    "method-not-allowed": Both("`Allow` says which methods there are.", "可用的方法见 `Allow`。"),
    "order-conflict": Both(
        "The number was accepted with other content; that order stands, and nothing changed. Look"
        " it up by its number; a new purchase needs a new number.",
        "这个单号已按别的内容成立，没有任何改变。按单号查询；新的购买用新的单号。",
    ),
    "sold-out": Both(
        "Proven empty: nothing is left. Take it off your shelf, or sell something else.",
        "确实卖完了。请下架，或换一个商品。",
    ),
    "price-changed": Both(
        "The total is more than `max_amount`, or there is no sound price. Read the product again.",
        "总价超过 `max_amount`，或暂时没有可用价格。请重新读取商品。",
    ),
    "not-cancellable": Both(
        "It was sent upstream, or has ended. Wait for its end.", "已发往上游或已结束。请等结果。"
    ),
    "campaign-closed": Both(
        "The campaign is not open, or there is none of that name for the SKU.",
        "活动没有开始或已结束，或该 SKU 没有这个活动。",
    ),
    "hold-expired": Both("The hold is over, and nothing is left.", "预留已过期，且没有剩余。"),
    "hold-released": Both("The hold was given back. Make another.", "预留已释放。请重新预留。"),
    "case-open": Both(
        "This line of the order has an open case already. Wait for it, or withdraw it.",
        "订单的这一行已有未结的售后。请等待，或撤回它。",
    ),
    "pass-used": Both(
        "One pass, one order or hold. Take another.", "一张通行证只用一次。请重新取。"
    ),
    "target-too-long": Both("Shorten the path and query.", "请缩短路径和查询。"),
    "body-too-large": Both(
        "At most 65,536 bytes; a batch 1,048,576. Send several batches.",
        "最多 65,536 字节，批量 1,048,576 字节。请分批发送。",
    ),
    "unsupported-media-type": Both(
        "Send `application/json` in UTF-8, uncompressed.",
        "请发送未压缩、UTF-8 的 `application/json`。",
    ),
    "purchase-limit": Both(
        "The buyer's limit is used up; `quota` names it, `resets_at` says until when.",
        "买家的限购额度用完了：`quota` 是哪一条，`resets_at` 是何时恢复。",
    ),
    "hold-limit": Both(
        "Too much is held already. Confirm or release.", "预留太多了。请确认或释放。"
    ),
    "rate-limited": Both(
        "More than the key's rate. Wait as long as `Retry-After` says, then go on more slowly.",
        "超过密钥的速率。按 `Retry-After` 等待，然后放慢。",
    ),
    "head-too-large": Both("Send fewer or shorter headers.", "请减少或缩短请求头。"),
    "internal": Both(
        "A fault of ours. Whether an order was made is not known: send it again under its number.",
        "我们的故障。订单是否成立不确定：用同一单号再发。",
    ),
    "overloaded": Both(
        "Nothing was done. Wait as long as `Retry-After` says, then send the same again.",
        "什么都没做。按 `Retry-After` 等待后重发。",
    ),
    "busy": Both(
        "The last codes are being handed out; whether you get one shows within 30 s."
        " Send it again.",
        "最后几个卡密正在分配，30 秒内见分晓。请重发。",
    ),
    "maintenance": Both(
        "Out of service, or the SKU is off sale for the moment. Wait, then send the same again.",
        "暂停服务，或该 SKU 暂时不卖。等待后重发。",
    ),
}

FAILURES: Final[Mapping[str, Both]] = {
    "rejected": Both(
        "The upstream did not take the order, or did not carry it out. Refunded; may be tried under"
        " another number.",
        "上游没有接受或没有执行。已退款；可换单号再试。",
    ),
    "invalid-account": Both(
        "The account cannot be topped up: have the buyer check it.", "账号不能充值：请买家核对。"
    ),
    "product-unavailable": Both(
        "The product cannot be had now. Refunded; try later.", "商品暂时没有。已退款；稍后再试。"
    ),
    "price-changed": Both(
        "It became dearer than agreed before it was sent. Refunded; read the product again.",
        "发送之前涨价超出约定。已退款；请重新读取商品。",
    ),
    "cancelled": Both(
        "You or the operator cancelled it. Refunded.", "你或运营方取消了订单。已退款。"
    ),
    "reversed": Both(
        "What was delivered was taken back by the upstream. See the entries; ask the operator.",
        "已交付的内容被上游收回。请看资金明细，并联系运营方。",
    ),
    "not-sent": Both(
        "It never reached an upstream. Refunded; may be tried under another number.",
        "没有发到任何上游。已退款；可换单号再试。",
    ),
    "partly-delivered": Both(
        "`delivered_quantity` were delivered, the rest is refunded.",
        "交付了 `delivered_quantity` 件，其余已退款。",
    ),
    "other": Both("It could not be delivered. Refunded.", "无法交付。已退款。"),
}

MESSAGES: Final[Mapping[str, Both]] = {
    "order.delivered": Both("All of it was delivered.", "全部交付。"),
    "order.partial": Both(
        "A part was delivered; the rest is refunded.", "交付一部分，其余已退款。"
    ),
    "order.failed": Both("Nothing was delivered; all is refunded.", "没有交付，已全额退款。"),
    "order.uncertain": Both(
        "The outcome is not known yet: do not order it again.", "结果未知：不要重新下单。"
    ),
    "order.reversed": Both("The upstream took a delivery back.", "上游收回了已交付的内容。"),
    "order.reissued": Both(
        "A code was replaced: read the order for the one that stands there now.",
        "卡密已更换：查询订单得到现在有效的卡密。",
    ),
    "case.updated": Both("A case was decided, or moved.", "售后有了结果或进展。"),
    "balance.low": Both("The account runs low.", "余额不足。"),
    "product.changed": Both(
        "A product is not what it was: its price, its limits, whether it is there.",
        "商品有变：价格、限制或是否可购。",
    ),
    "hold.late": Both(
        "A hold was confirmed late and nothing was left: its money is to be given back.",
        "预留确认晚了且没有剩余：钱要退还买家。",
    ),
    "test": Both("Asked for by `POST /v1/webhooks/test`.", "由 `POST /v1/webhooks/test` 触发。"),
}
