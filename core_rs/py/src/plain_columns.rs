//! What plain lines put into the columns of a commit.

use quangate_wire::array_literal::{ArrayLiteral, ClaimedColumns};
use quangate_wire::plain_lines::{Offer, PlainLine, PlainLines as Lines};

/// Appends what Python's `Line` has at this path, for all lines; a path that only others have is NULL.
pub(crate) fn push_column(lines: &Lines, path: &str, out: &mut ArrayLiteral) {
    let mut text = String::new();
    for (line, offer) in lines.sold() {
        push_value(lines, (line, offer), path, &mut text, out);
    }
}

fn push_value(
    lines: &Lines,
    (line, offer): (&PlainLine, &Offer),
    path: &str,
    text: &mut String,
    out: &mut ArrayLiteral,
) {
    match path {
        "partner_id" => out.number(lines.partner_id()),
        "order_id" => out.number(line.order_id),
        "out_order_no" => out.text(lines.number(line)),
        "content_hash" => out.bytes(&line.digest),
        "quantity" => out.number(line.quantity.into()),
        "amount_minor" => out.number(offer.price_minor * i64::from(line.quantity)),
        "notify" => out.boolean(false),
        "sku.id" => out.number(offer.sku_id),
        "sku.pool_id" => out.number(offer.pool_id),
        "details" if lines.details(line, text) => out.text(text),
        "quotas" if lines.quotas(line, text) => out.text(text),
        _ => out.null(),
    }
}

/// Appends the codes of all lines.
pub(crate) fn push_claimed(lines: &Lines, out: &mut ClaimedColumns) {
    for (line, _) in lines.sold() {
        out.push(lines.runs(line).iter().copied());
    }
}
