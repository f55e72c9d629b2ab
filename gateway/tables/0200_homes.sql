-- Two numbers in one: `pool_id << 40` plus a place in it. Either would wrap without a word.
ALTER TABLE lease ADD CONSTRAINT lease_fits CHECK (pool_id < 8388608 AND hi <= 1099511627776);
ALTER TABLE fragment ADD CONSTRAINT fragment_fits CHECK (pool_id < 8388608 AND hi <= 1099511627776);
ALTER TABLE pool ADD CONSTRAINT pool_fits CHECK (id < 8388608 AND size <= 1099511627776);
