-- As 0502, for the attempt that takes another's place.
ALTER TABLE attempt ALTER COLUMN id SET DEFAULT
    (((extract(epoch FROM clock_timestamp()) * 1000)::bigint - 1735689600000) << 22) + (nextval('worker_slot') << 12);
