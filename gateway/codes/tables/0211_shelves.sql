-- A pool's codes lie on shelves: each number of its sequence on exactly one. Those on no recorded
-- range lie on `main`, which has its pool's id; the other shelves' ids come from the same sequence,
-- so that one number says which shelf, whatever its pool.
CREATE TABLE shelf (
    id          bigint PRIMARY KEY DEFAULT nextval(pg_get_serial_sequence('pool', 'id')),
    pool_id     bigint NOT NULL REFERENCES pool,
    name        text NOT NULL CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    sku         text,                              -- who sells from it, by name; at most one of three
    channel     text,
    campaign    text,
    borrows     boolean NOT NULL DEFAULT false,    -- and lends what it has above its reserve
    reserve     bigint NOT NULL DEFAULT 0 CHECK (reserve >= 0),
    ends_at     timestamptz,                       -- closed by itself then
    closed_at   timestamptz,
    lent        bigint NOT NULL DEFAULT 0 CHECK (lent >= 0),
    borrowed    bigint NOT NULL DEFAULT 0 CHECK (borrowed >= 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (pool_id, name),
    CONSTRAINT shelf_main CHECK ((id = pool_id) = (name = 'main')),
    CONSTRAINT shelf_main_stays CHECK (id <> pool_id OR num_nulls(sku, channel, campaign, ends_at, closed_at) = 5 AND NOT borrows),
    CONSTRAINT shelf_bound_once CHECK (num_nonnulls(sku, channel, campaign) <= 1)
);
-- Which shelf an order sells from is never a matter of chance.
CREATE UNIQUE INDEX shelf_of_sku ON shelf (pool_id, sku) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX shelf_of_channel ON shelf (pool_id, channel) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX shelf_of_campaign ON shelf (pool_id, campaign) WHERE closed_at IS NULL;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OF sku, channel, campaign, closed_at ON shelf
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- Where codes lie, sold ones too. Neighbours of one shelf are one range.
CREATE TABLE shelf_range (
    pool_id   bigint NOT NULL,
    lo        bigint NOT NULL,
    hi        bigint NOT NULL,
    shelf_id  bigint NOT NULL REFERENCES shelf,
    PRIMARY KEY (pool_id, lo),
    CONSTRAINT shelf_range_range CHECK (0 <= lo AND lo < hi),
    CONSTRAINT shelf_range_not_main CHECK (shelf_id <> pool_id),
    CONSTRAINT shelf_range_fits CHECK (pool_id < 8388608 AND hi <= 1099511627776),
    CONSTRAINT shelf_range_disjoint EXCLUDE USING gist
        (int8range((pool_id << 40) + lo, (pool_id << 40) + hi) WITH &&)
);

-- Every pool has its main shelf from the start.
INSERT INTO shelf (id, pool_id, name) SELECT id, id, 'main' FROM pool;
CREATE FUNCTION add_main_shelf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shelf (id, pool_id, name) VALUES (NEW.id, NEW.id, 'main');
    RETURN NULL;
END $$;
CREATE TRIGGER main_shelf AFTER INSERT ON pool FOR EACH ROW EXECUTE FUNCTION add_main_shelf();

-- What is free or leased says its shelf. A lease also says for how long its codes had to last when
-- it was granted: those that sell under it must keep that promise.
ALTER TABLE fragment ADD COLUMN shelf_id bigint;
UPDATE fragment SET shelf_id = pool_id;
ALTER TABLE fragment ALTER COLUMN shelf_id SET NOT NULL;
ALTER TABLE lease ADD COLUMN shelf_id bigint, ADD COLUMN life_days integer NOT NULL DEFAULT 0;
UPDATE lease SET shelf_id = pool_id WHERE state = 'active';
ALTER TABLE lease ADD CONSTRAINT lease_shelf CHECK (state = 'closed' OR shelf_id IS NOT NULL);

-- The shelf that [p_lo, p_hi) lies on as a whole; NULL: on several.
CREATE FUNCTION shelf_of_range(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    -- Ranges are disjoint: if any touches it, the last that begins before its end does.
    SELECT CASE WHEN r.hi IS NULL OR r.hi <= p_lo THEN p_pool WHEN r.lo <= p_lo AND r.hi >= p_hi THEN r.shelf_id END
    FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
        SELECT r.lo, r.hi, r.shelf_id FROM public.shelf_range r WHERE r.pool_id = p_pool AND r.lo < p_hi
        ORDER BY r.lo DESC LIMIT 1) AS r ON true
$$;

-- No code is free or leased on another shelf than it lies on. A release from before there were
-- shelves says none: it means main.
CREATE FUNCTION keep_to_shelf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.shelf_id := coalesce(NEW.shelf_id, NEW.pool_id);
    IF NEW.shelf_id IS DISTINCT FROM public.shelf_of_range(NEW.pool_id, NEW.lo, NEW.hi) THEN
        RAISE EXCEPTION 'pool %: [%, %) does not lie on shelf %', NEW.pool_id, NEW.lo, NEW.hi, NEW.shelf_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'on_shelf';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER on_shelf BEFORE INSERT OR UPDATE OF pool_id, lo, hi, shelf_id ON fragment FOR EACH ROW EXECUTE FUNCTION keep_to_shelf();
CREATE TRIGGER on_shelf BEFORE INSERT OR UPDATE OF pool_id, lo, hi, shelf_id ON lease FOR EACH ROW EXECUTE FUNCTION keep_to_shelf();

-- And a range is not moved from under them; judged when all of a move is done.
CREATE FUNCTION keep_shelf_range() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    r := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    PERFORM FROM (
        SELECT f.pool_id, f.lo, f.hi, f.shelf_id FROM public.fragment f WHERE f.pool_id = r.pool_id AND f.lo < r.hi AND f.hi > r.lo
        UNION ALL SELECT l.pool_id, l.lo, l.hi, l.shelf_id FROM public.lease l
        WHERE l.pool_id = r.pool_id AND l.state = 'active' AND l.lo < r.hi AND l.hi > r.lo
        UNION ALL SELECT p.id, p.next_seq, p.size, p.id FROM public.pool p WHERE p.id = r.pool_id AND p.next_seq < least(p.size, r.hi)
    ) AS held (pool_id, lo, hi, shelf_id)
    WHERE held.shelf_id IS DISTINCT FROM public.shelf_of_range(held.pool_id, held.lo, held.hi);
    IF FOUND THEN
        RAISE EXCEPTION 'pool %: [%, %) was moved to another shelf while it is free or leased', r.pool_id, r.lo, r.hi
            USING ERRCODE = 'check_violation', CONSTRAINT = 'range_agrees';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER range_agrees AFTER INSERT OR UPDATE OR DELETE ON shelf_range DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION keep_shelf_range();

-- What may have become claimable on main may be borrowed. Payloads: 'pool:<id>', 'shelf:<id>'.
CREATE OR REPLACE FUNCTION announce_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quangate', 'pool:' || NEW.id);
    PERFORM pg_notify('quangate', 'shelf:' || s.id) FROM public.shelf s
    WHERE s.pool_id = NEW.id AND s.borrows AND s.closed_at IS NULL;
    RETURN NULL;
END $$;
