-- Operators find orders by the recipient of a top-up. Orders of codes have none, and cost nothing.
CREATE INDEX orders_recipient ON orders (account, id) WHERE account IS NOT NULL;
