-- The sandbox's orders: no money, no stock, no code. What becomes of one is decided when it is placed
-- (`plan`); where it stands is that and the time. NULL: its number was refused at the first try, as its
-- digits want it, and the second makes an order.
CREATE TABLE sandbox_order (
    partner_id   bigint NOT NULL,
    id           bigint NOT NULL,
    out_order_no text   NOT NULL,
    content_hash bytea,
    sku          text,
    quantity     integer,
    amount       bigint,
    account      text,
    metadata     text,
    plan         text,
    held_until   timestamptz,                     -- it may be cancelled until then; NULL: never
    cancelled_at timestamptz,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (partner_id, id),
    CONSTRAINT sandbox_number UNIQUE (partner_id, out_order_no)
);
CREATE INDEX sandbox_order_id ON sandbox_order (id);   -- for forgetting

-- A message about the sandbox; NULL, which costs no byte: about the real world.
ALTER TABLE webhook ADD COLUMN sandbox boolean;
