-- How many codes of a pool were sold on which day (UTC): what days of cover are reckoned from. Counted behind the orders, by one
-- worker at a time, a minute late at least; kept as long as anybody asks for it.
CREATE TABLE pool_day (
    pool_id  bigint NOT NULL REFERENCES pool (id),
    day      date   NOT NULL,
    sold     bigint NOT NULL CHECK (sold >= 0),
    PRIMARY KEY (pool_id, day)
);

-- Up to which order (its number has its time) they were counted; the row is whoever's counts.
CREATE TABLE sales_counted (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    upto  timestamptz NOT NULL
);
INSERT INTO sales_counted (upto) SELECT CASE WHEN EXISTS (SELECT FROM orders) THEN date_trunc('day', now() - interval '7 days') ELSE now() END;
