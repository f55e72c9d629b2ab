-- Free codes that may have been sold since the moment a shop was restored to lie on shelves that
-- nobody sells from, lends or borrows. `withheld_from`: where they lay before, and go when they are
-- released.
ALTER TABLE shelf ADD COLUMN withheld_from bigint REFERENCES shelf,
    ADD CONSTRAINT shelf_withheld CHECK (withheld_from IS NULL OR num_nulls(sku, channel, campaign, ends_at, closed_at) = 5 AND NOT borrows);
CREATE UNIQUE INDEX shelf_withheld_once ON shelf (withheld_from);
