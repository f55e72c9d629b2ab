-- A message that no worker numbered has its number by default (homes.md 6), made as workers make theirs
-- (core_rs/stock/src/order_id.rs).
ALTER TABLE webhook ALTER COLUMN id SET DEFAULT
    (((extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1735689600000) << 22) + (nextval('worker_slot') << 12);
