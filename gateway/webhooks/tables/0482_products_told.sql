-- What each partner was last told of a product, so that whatever it was not told of yet is found by comparing.
CREATE TABLE product_told (
    partner_id    bigint NOT NULL REFERENCES partner,
    sku_id        bigint NOT NULL REFERENCES sku,
    digest        bytea NOT NULL CHECK (octet_length(digest) = 16),  -- of the product as it is now
    ahead_digest  bytea CHECK (octet_length(ahead_digest) = 16),     -- as it will be from ahead_at on
    ahead_at      timestamptz,
    message_id    bigint,                          -- the last message; NULL: none was needed
    told_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, sku_id),
    CONSTRAINT product_told_ahead CHECK ((ahead_digest IS NULL) = (ahead_at IS NULL))
);
-- One worker of all compares and tells, so that nobody is told an older state after a newer one.
CREATE TABLE product_teller (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    worker_id  uuid NOT NULL,
    until      timestamptz NOT NULL
);
