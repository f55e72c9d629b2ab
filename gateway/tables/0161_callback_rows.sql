-- A callback that comes again is counted, not kept again; of what nothing proves only the beginning
-- is kept. Rows of before have no digest and stay as they are.
ALTER TABLE callback
    ADD COLUMN digest   bytea CHECK (length(digest) = 16),  -- first half of the body's SHA-256
    ADD COLUMN size     integer,                            -- of the whole body, bytes
    ADD COLUMN times    bigint NOT NULL DEFAULT 1,
    ADD COLUMN last_at  timestamptz;                        -- NULL: it came once
CREATE UNIQUE INDEX callback_once ON callback (upstream_id, coalesce(attempt_id, 0), digest) WHERE digest IS NOT NULL;
