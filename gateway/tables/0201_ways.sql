-- What bundles, procurement and other currencies will need of the hot tables, so that they need no
-- second migration of them. New columns with a constant, or none: no row is written anew.

-- What `amount` is in. One currency today: that of every account and price.
ALTER TABLE orders ADD COLUMN currency text NOT NULL DEFAULT 'CNY';

-- A deliverable is one thing an order delivers: (order, line). NULL: the order has only this one.
-- NULL costs no byte in a row of up to eight columns, and neither does it in the log.
ALTER TABLE allocation ADD COLUMN line smallint;
ALTER TABLE attempt ADD COLUMN line smallint;

-- What an attempt is for: an order's delivery, or codes for the stock.
ALTER TABLE attempt ADD COLUMN purpose text NOT NULL DEFAULT 'deliver'
    CONSTRAINT attempt_purpose CHECK (purpose IN ('deliver', 'stock'));
