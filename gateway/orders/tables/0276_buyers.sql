-- Who bought. Nothing is written here by an order: rows are learnt afterwards, from the entries of
-- accounts, for partners that sell in a campaign for buyers who never bought (routines_buyers.sql).
CREATE TABLE buyer_order (
    partner_id  bigint NOT NULL,
    buyer_id    text   NOT NULL,
    order_id    bigint NOT NULL,
    PRIMARY KEY (partner_id, buyer_id, order_id)
);

-- Up to which entry of its account a partner's orders are in buyer_order.
CREATE TABLE buyers_learnt (
    partner_id  bigint PRIMARY KEY,
    seq         bigint NOT NULL DEFAULT 0
);
