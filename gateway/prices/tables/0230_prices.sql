-- What one piece costs whom, under which conditions. A SKU's list price (sku.price) is a row without
-- conditions. Rows are made and deleted, never changed: an order keeps what it paid.
CREATE TABLE price_row (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id        bigint REFERENCES sku (id),
    category_id   bigint REFERENCES category (id),    -- of it and all that lies below it
    currency      text NOT NULL DEFAULT 'CNY',
    amount        bigint CHECK (amount >= 0),         -- minor units, of one
    basis_points  integer CHECK (basis_points BETWEEN 0 AND 1000000),  -- of the list price, rounded down
    partner_id    bigint REFERENCES partner (id),     -- from here on conditions; NULL: none
    channel_id    bigint REFERENCES channel (id),
    campaign_id   bigint REFERENCES campaign (id),
    min_quantity  integer CHECK (min_quantity BETWEEN 1 AND 500),
    starts_at     timestamptz,                        -- inclusive
    ends_at       timestamptz,                        -- exclusive
    priority      integer NOT NULL DEFAULT 0,         -- of equally many conditions the smaller wins
    allow_zero    boolean NOT NULL DEFAULT false,
    proposed_by   text CHECK (length(proposed_by) BETWEEN 1 AND 500),  -- below a floor: who wants it, why,
    reason        text CHECK (length(reason) BETWEEN 1 AND 500),
    approved_by   text CHECK (length(approved_by) BETWEEN 1 AND 500),  -- and who agreed; until then it is a proposal
    below         bigint CHECK (below >= 0),          -- the floor that it may lie below; a higher one overtakes it
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT price_row_of_one CHECK (num_nonnulls(sku_id, category_id) = 1),
    CONSTRAINT price_row_value CHECK (num_nonnulls(amount, basis_points) = 1),
    CONSTRAINT price_row_window CHECK (starts_at < ends_at),
    CONSTRAINT price_row_zero CHECK (allow_zero OR coalesce(amount, basis_points) > 0),
    CONSTRAINT price_row_four_eyes CHECK (lower(approved_by) <> lower(proposed_by)),
    CONSTRAINT price_row_proposal CHECK ((approved_by IS NULL OR proposed_by IS NOT NULL) AND (proposed_by IS NULL OR below IS NOT NULL))
);
CREATE INDEX price_row_sku ON price_row (sku_id) WHERE sku_id IS NOT NULL;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON price_row FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- Nothing is sold below it: neither shown nor charged.
CREATE TABLE price_floor (
    sku_id        bigint PRIMARY KEY REFERENCES sku (id),
    amount        bigint CHECK (amount >= 0),         -- minor units, of one
    basis_points  integer CHECK (basis_points BETWEEN 0 AND 1000000),  -- of the list price, rounded down
    set_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT price_floor_value CHECK (num_nonnulls(amount, basis_points) = 1)
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON price_floor FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- A partner's own price was a column of its offer. The release before this one reads that column, and
-- may still run for a while: it stays as it was, and nothing reads or writes it any more.
INSERT INTO price_row (sku_id, currency, amount, partner_id, allow_zero)
SELECT o.sku_id, s.currency, o.price, o.partner_id, o.price = 0
FROM sku_offer o JOIN sku s ON s.id = o.sku_id WHERE o.price IS NOT NULL;

-- Nothing is given away by accident. What is free today was meant to be.
ALTER TABLE sku ADD COLUMN allow_zero boolean NOT NULL DEFAULT false;
UPDATE sku SET allow_zero = true WHERE price = 0;
