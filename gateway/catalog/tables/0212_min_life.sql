-- How many days a code must still last when this SKU sells it. (`pool.min_life`, which no command
-- ever set, stays a floor for all that is sold from the pool.)
ALTER TABLE sku ADD COLUMN min_life_days integer NOT NULL DEFAULT 0
    CONSTRAINT sku_min_life CHECK (min_life_days BETWEEN 0 AND 36500);
