-- A code's expiry, beside the record: known to the database, and judged by its clock alone.
-- NULL: it does not expire, or nobody said so. The rules are in routines/expiry.sql.

ALTER TABLE code ADD COLUMN expires_at timestamptz;

-- Its codes may expire: it is laid out by expiry when it comes on sale.
ALTER TABLE batch ADD COLUMN expiring boolean NOT NULL DEFAULT false;

ALTER TABLE pool
    ADD COLUMN expiring boolean NOT NULL DEFAULT false,  -- some of its codes expire
    ADD COLUMN min_life interval NOT NULL DEFAULT '0'    -- what must be left of a code's life when it is sold
        CONSTRAINT pool_min_life CHECK (min_life >= '0');

-- The earliest expiry of a free range; codes that expire lie in fragments, by the day.
ALTER TABLE fragment ADD COLUMN expires_at timestamptz;
CREATE INDEX fragment_by_expiry ON fragment (pool_id, expires_at, lo);

-- The moment from which nothing is sold under a lease any more.
ALTER TABLE lease ADD COLUMN sell_until timestamptz;

-- Taken off sale because its time had come, and not by a person.
ALTER TABLE code_void ADD COLUMN expired boolean NOT NULL DEFAULT false;
