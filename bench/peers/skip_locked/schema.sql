-- The peer's tables, for a database of its own. fsync stays on.

CREATE TABLE account (
    id       integer PRIMARY KEY,
    balance  bigint NOT NULL CHECK (balance >= 0)
) WITH (fillfactor = 50);                         -- updates stay on their page

CREATE TABLE orders (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    out_order_no  text NOT NULL UNIQUE,
    sku           text NOT NULL,
    account_id    integer NOT NULL,
    amount        bigint NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE code (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code      text NOT NULL,
    order_id  bigint                              -- NULL: free
) WITH (fillfactor = 80);

-- The next free code is the first entry of a small index, not a scan over what is sold.
CREATE INDEX code_free ON code (id) WHERE order_id IS NULL;
