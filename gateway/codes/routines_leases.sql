-- Puts what of [lo, hi) was not allocated back among the free codes of its shelf, or of main when
-- that was closed. Caller holds the pool lock.
CREATE FUNCTION free_range(p_pool bigint, p_shelf bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed bigint;
BEGIN
    IF (SELECT expiring FROM pool WHERE id = p_pool) THEN
        freed := free_expiring(p_pool, p_shelf, p_lo, p_hi);
    ELSE
        WITH taken AS (
            SELECT seq FROM allocation WHERE pool_id = p_pool AND seq >= p_lo AND seq < p_hi
            UNION ALL SELECT p_hi
        ), gap AS (
            SELECT lag(seq, 1, p_lo - 1) OVER (ORDER BY seq) + 1 AS lo, seq AS hi FROM taken
        ), kept AS (
            INSERT INTO fragment (pool_id, lo, hi, shelf_id) SELECT p_pool, lo, hi, p_shelf FROM gap WHERE lo < hi RETURNING hi - lo AS n
        )
        SELECT coalesce(sum(n), 0) INTO freed FROM kept;
    END IF;
    IF freed > 0 AND EXISTS (SELECT FROM shelf WHERE id = p_shelf AND closed_at IS NOT NULL) THEN
        PERFORM move_free(p_pool, p_shelf, p_pool, NULL, '0'), tell_free(p_pool, p_pool);
    ELSIF freed > 0 THEN
        PERFORM tell_free(p_pool, p_shelf);
    END IF;
    RETURN freed;
END $$;

-- Closes leases and frees what they did not sell. The epoch grows, so that a holder that
-- does not know yet cannot commit under them (I7); the update waits for a commit that
-- already holds its share lock. Returns how many codes became free. Caller holds the pool lock.
-- p_why, for the holder: taken-back, codes-voided, codes-moved (to another shelf), or codes-sooner (others expire before them); of
-- codes that have expired it is codes-expired, whoever finds it.
CREATE FUNCTION close_leases(p_pool bigint, p_leases bigint[], p_why text DEFAULT 'taken-back') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    l record;
    freed bigint := 0;
BEGIN
    FOR l IN UPDATE lease SET state = 'closed', epoch = epoch + 1,
                 closed_why = CASE WHEN sell_until <= now() THEN 'codes-expired' ELSE p_why END
             WHERE id = ANY (p_leases) AND pool_id = p_pool AND state = 'active'
             RETURNING lo, hi, shelf_id LOOP
        freed := freed + free_range(p_pool, l.shelf_id, l.lo, l.hi);
    END LOOP;
    RETURN freed;
END $$;

-- The range's records for the slab: int4 length, int8 batch, sealed code; seq order.
CREATE FUNCTION read_range(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(int4send(8 + length(sealed)) || int8send(batch_id) || sealed, ''::bytea ORDER BY seq), '')
    FROM code WHERE pool_id = p_pool AND seq >= p_lo AND seq < p_hi
$$;

-- Gives back all that is in a worker's name but what it says it holds: of one outlet (a shelf, for
-- codes that last so long), or (NULL) of all. Idempotent.
CREATE FUNCTION give_back(p_worker uuid, p_shelf bigint, p_held bigint[] DEFAULT '{}', p_life_days integer DEFAULT 0) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    one record;
    freed bigint := 0;
BEGIN
    FOR one IN SELECT pool_id, array_agg(id) AS ids FROM lease
               WHERE worker_id = p_worker AND state = 'active' AND id <> ALL (p_held)
                 AND (p_shelf IS NULL OR shelf_id = p_shelf AND life_days = p_life_days)
               GROUP BY pool_id ORDER BY pool_id LOOP
        PERFORM FROM pool WHERE id = one.pool_id FOR NO KEY UPDATE;
        freed := freed + close_leases(one.pool_id, one.ids);
    END LOOP;
    RETURN freed;
END $$;

-- Prolongs a worker's row and those of its leases that it holds: one that nobody knows runs out by
-- itself. `gone`: held by it, but not its own any more. `unknown`: others in its name, and their outlets.
CREATE FUNCTION renew(p_worker uuid, p_held bigint[], p_ttl_s double precision, OUT gone bigint[], OUT unknown bigint[], OUT unknown_shelves bigint[], OUT unknown_lives integer[])
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE worker SET expires_at = now() + make_interval(secs => p_ttl_s), held = p_held, renewed_at = now()
    WHERE worker_id = p_worker;
    UPDATE lease SET expires_at = now() + make_interval(secs => p_ttl_s)
    WHERE id = ANY (p_held) AND worker_id = p_worker AND state = 'active';
    gone := ARRAY(SELECT h FROM unnest(p_held) AS h EXCEPT
                  SELECT id FROM lease WHERE worker_id = p_worker AND state = 'active');
    SELECT coalesce(array_agg(id ORDER BY id), '{}'), coalesce(array_agg(shelf_id ORDER BY id), '{}'),
           coalesce(array_agg(life_days ORDER BY id), '{}') INTO unknown, unknown_shelves, unknown_lives
    FROM lease WHERE worker_id = p_worker AND state = 'active' AND id <> ALL (p_held);
END $$;

-- Takes back the leases of workers that are gone: not renewed in time, or of a worker id given as
-- dead; and those over codes that have expired, which are then off sale. Closes shelves whose time
-- has come. A row for each pool and
-- holder of which something was closed; a worker that nobody remembers is named by its id.
CREATE FUNCTION reclaim(p_dead uuid[]) RETURNS TABLE (pool text, holder text, why text, leases bigint, freed bigint) LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT l.pool_id, l.worker_id, l.reason, array_agg(l.id) AS ids FROM (
                   SELECT a.id, a.pool_id, a.worker_id, CASE WHEN a.worker_id = ANY (p_dead) THEN 'dead'
                       WHEN a.sell_until <= now() THEN 'codes-expired' ELSE 'not-renewed' END AS reason
                   FROM lease a
                   WHERE a.state = 'active' AND (a.expires_at < now() OR a.sell_until <= now() OR a.worker_id = ANY (p_dead))) AS l
               GROUP BY l.pool_id, l.worker_id, l.reason ORDER BY l.pool_id LOOP
        SELECT p.name INTO pool FROM pool p WHERE p.id = one.pool_id FOR NO KEY UPDATE;
        SELECT count(*) INTO leases FROM lease l WHERE l.id = ANY (one.ids) AND l.state = 'active';
        freed := close_leases(one.pool_id, one.ids);
        why := one.reason;
        holder := coalesce((SELECT w.host || ':' || w.pid FROM worker w WHERE w.worker_id = one.worker_id), one.worker_id::text);
        IF leases > 0 THEN  -- else somebody else closed them before us
            RETURN NEXT;
        END IF;
    END LOOP;
    FOR one IN SELECT p.id FROM pool p WHERE p.expiring AND EXISTS (
                   SELECT FROM fragment f WHERE f.pool_id = p.id AND f.expires_at <= now()) ORDER BY p.id LOOP
        PERFORM FROM pool p WHERE p.id = one.id FOR NO KEY UPDATE;
        PERFORM expire_codes(one.id);
    END LOOP;
    PERFORM close_ended_shelves();
    DELETE FROM worker WHERE worker_id = ANY (p_dead) OR expires_at < now() - interval '1 hour';
END $$;

-- Makes codes unsaleable. Leases over them are revoked first, so that none of them can
-- still be sold when this returns (faults 77). Already delivered codes stay delivered.
CREATE FUNCTION void_codes(p_pool bigint, p_seqs bigint[], p_reason text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    p pool%ROWTYPE;
    f record;
    voided bigint;
    seq_min bigint := (SELECT min(s) FROM unnest(p_seqs) s);
    seq_max bigint := (SELECT max(s) FROM unnest(p_seqs) s);
    ended   record;                               -- holds
BEGIN
    SELECT * INTO p FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    ended := end_holds_of(p_pool, p_seqs);
    PERFORM close_leases(p_pool, ARRAY(
        SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active' AND l.lo <= seq_max AND l.hi > seq_min), 'codes-voided');
    -- Only fragments can have holes: what was never leased becomes one.
    IF p.next_seq < p.size AND seq_max >= p.next_seq THEN
        INSERT INTO fragment (pool_id, lo, hi, shelf_id) VALUES (p_pool, p.next_seq, p.size, p_pool);
        UPDATE pool SET next_seq = size WHERE id = p_pool;
    END IF;
    WITH gone AS (
        INSERT INTO allocation (pool_id, seq)
        SELECT DISTINCT p_pool, s FROM unnest(p_seqs) s WHERE s >= 0 AND s < p.size
        ON CONFLICT DO NOTHING RETURNING seq
    ), noted AS (
        INSERT INTO code_void (pool_id, seq, reason) SELECT p_pool, seq, p_reason FROM gone RETURNING 1
    )
    SELECT count(*) INTO voided FROM noted;
    FOR f IN DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo <= seq_max AND fr.hi > seq_min
             RETURNING fr.lo, fr.hi, fr.shelf_id LOOP
        PERFORM free_range(p_pool, f.shelf_id, f.lo, f.hi);
    END LOOP;
    PERFORM give_back_hold_units(ended.partners, ended.holds);  -- the last lock that is waited for
    RETURN voided;
END $$;

-- What a worker asks for when it runs short: ranges of a shelf, under a lease, or the proof that
-- there are none.

-- What stands in the way of a shelf's codes that last so long: leases of others, of the caller for
-- shorter lives, or of lenders; 'others', 'mine' (the caller alone has some, and knows all of it)
-- or 'sold_out' (nobody has, nothing is free: I8's proof).
CREATE FUNCTION who_holds(p_worker uuid, p_pool bigint, p_shelf bigint, p_life_days integer, p_life interval) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    own text;
BEGIN
    SELECT CASE WHEN count(*) = 0 THEN 'sold_out' WHEN bool_and(l.worker_id = p_worker AND l.life_days = p_life_days) THEN 'mine' ELSE 'others' END
    INTO own FROM lease l JOIN pool p ON p.id = l.pool_id
    WHERE l.pool_id = p_pool AND l.shelf_id = p_shelf AND l.state = 'active'
      AND (l.life_days >= p_life_days OR l.sell_until IS NULL OR l.sell_until + greatest(p.min_life, make_interval(days => l.life_days)) > now() + p_life);
    RETURN own;
END $$;

-- Codes for a shelf that has none free: borrowed, as many as the caller is short of, once none of
-- its own can come back; NULL: there are lenders that may still have some.
CREATE FUNCTION borrow_short(p_pool bigint, p_shelf bigint, p_short bigint, p_recalled boolean, p_own text, p_life interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    got bigint := 0;
BEGIN
    IF (SELECT borrows FROM shelf WHERE id = p_shelf) THEN
        IF p_short > 0 AND (p_own <> 'others' OR p_recalled) THEN
            got := borrow(p_pool, p_shelf, p_short, p_life);
        END IF;
        IF got = 0 AND EXISTS (SELECT FROM lenders_of(p_pool, p_shelf, p_life) WHERE now_free > 0 OR at_most > 0) THEN
            got := NULL;
        END IF;
    END IF;
    RETURN got;
END $$;

-- Closes the caller's leases but those it says it holds, and grants the next ranges (several when only small
-- fragments are left), or says in one row why not: 'others' (other workers, or other outlets of
-- the caller, still hold codes), 'mine', 'held' (nobody has any, but holds may give some back), 'sold_out' or 'closed' (nobody
-- sells from that shelf any more). `held` codes are on hold, the first hold of the pool ends in `held_s` seconds. What is in the caller's name and not held by it was used up, or its grant was never taken
-- in. A worker asks for an outlet once at a time: none of it is on its way to it. It is `p_short`
-- codes short of orders that wait; `p_recalled`: it has asked the others for theirs meanwhile.
CREATE FUNCTION refill(
    p_worker uuid, p_shelf bigint, p_want bigint, p_held bigint[], p_ttl_s double precision,
    p_life_days integer DEFAULT 0, p_short bigint DEFAULT 0, p_recalled boolean DEFAULT false
) RETURNS TABLE (verdict text, pool_id bigint, lease_id bigint, epoch bigint, lo bigint, hi bigint, generation bigint, held bigint, held_s integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    p pool%ROWTYPE;
    life interval;
    n bigint;
BEGIN
    SELECT sh.pool_id INTO refill.pool_id FROM shelf sh WHERE sh.id = p_shelf;
    PERFORM FROM pool po WHERE po.id = refill.pool_id FOR NO KEY UPDATE;
    PERFORM close_shelf(sh.id) FROM shelf sh WHERE sh.id = p_shelf AND sh.ends_at <= now() AND sh.closed_at IS NULL;
    PERFORM close_leases(refill.pool_id, ARRAY(
        SELECT l.id FROM lease l WHERE l.pool_id = refill.pool_id AND l.shelf_id = p_shelf AND l.state = 'active'
        AND (l.expires_at < now() OR l.sell_until <= now()
             OR l.worker_id = p_worker AND l.life_days = p_life_days AND l.id <> ALL (p_held))));
    SELECT * INTO p FROM pool po WHERE po.id = refill.pool_id;
    IF p.expiring THEN
        PERFORM expire_codes(p.id);
    END IF;
    PERFORM expire_holds(p.id);
    generation := p.generation;
    life := greatest(p.min_life, make_interval(days => p_life_days));
    n := count_free(p.id, p_shelf, life);
    IF EXISTS (SELECT FROM shelf sh WHERE sh.id = p_shelf AND sh.closed_at IS NOT NULL) THEN
        verdict := 'closed';
    ELSIF n = 0 THEN
        verdict := who_holds(p_worker, p.id, p_shelf, p_life_days, life);
        n := borrow_short(p.id, p_shelf, p_short, p_recalled, verdict, life);
        SELECT h.codes + withheld_of(p.id, p_shelf), coalesce(h.first_ends_s, 60) INTO held, held_s FROM held_of_shelf(p.id, p_shelf) AS h;
        verdict := CASE WHEN n > 0 THEN 'granted' WHEN n IS NULL THEN 'others' WHEN verdict = 'sold_out' AND held > 0 THEN 'held' ELSE verdict END;
    ELSE
        verdict := 'granted';
        -- Guided self-scheduling: shrinks to one at the tail, so nothing is stranded.
        n := greatest(1, least(p_want, 65536, ceil(n / (2.0 * greatest((
            SELECT count(*) FROM worker w WHERE w.expires_at > now()), 1)))::bigint));
    END IF;
    IF verdict <> 'granted' THEN
        RETURN NEXT;
    ELSE
        RETURN QUERY SELECT verdict, p.id, g.lease_id, g.epoch, g.lo, g.hi, p.generation, NULL::bigint, NULL::integer
                     FROM grant_ranges(p.id, p_worker, p_shelf, p_life_days, life, n, p_ttl_s) AS g;
    END IF;
END $$;

-- Grants about p_count free codes of a shelf, those that expire first, then what was never leased.
CREATE FUNCTION grant_ranges(p_pool bigint, p_worker uuid, p_shelf bigint, p_life_days integer, p_life interval, p_count bigint, p_ttl_s double precision)
RETURNS TABLE (lease_id bigint, epoch bigint, lo bigint, hi bigint) LANGUAGE plpgsql AS $$
DECLARE
    fragments_max CONSTANT integer := 32;  -- leases one call may grant
    n bigint := p_count;
    f record;
BEGIN
    FOR f IN SELECT fr.lo, fr.hi, fr.expires_at FROM fragment fr
             WHERE fr.pool_id = p_pool AND fr.shelf_id = p_shelf AND (fr.expires_at IS NULL OR fr.expires_at > now() + p_life)
             ORDER BY fr.expires_at, fr.lo LIMIT fragments_max LOOP
        EXIT WHEN n <= 0;
        lo := f.lo;
        hi := least(f.hi, f.lo + n);
        n := n - (hi - lo);
        DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo = f.lo;
        IF hi < f.hi THEN
            INSERT INTO fragment (pool_id, lo, hi, expires_at, shelf_id) VALUES (p_pool, hi, f.hi, f.expires_at, p_shelf);
        END IF;
        INSERT INTO lease AS l (pool_id, lo, hi, worker_id, expires_at, sell_until, shelf_id, life_days)
        VALUES (p_pool, grant_ranges.lo, grant_ranges.hi, p_worker, now() + make_interval(secs => p_ttl_s), f.expires_at - p_life, p_shelf, p_life_days)
        RETURNING l.id, l.epoch INTO lease_id, epoch;
        RETURN NEXT;
    END LOOP;
    IF lease_id IS NULL THEN  -- no fragments, so it is main: from what was never leased
        SELECT p.next_seq, least(p.size, p.next_seq + n) INTO lo, hi FROM pool p WHERE p.id = p_pool;
        UPDATE pool SET next_seq = hi WHERE id = p_pool;
        INSERT INTO lease AS l (pool_id, lo, hi, worker_id, expires_at, shelf_id, life_days)
        VALUES (p_pool, grant_ranges.lo, grant_ranges.hi, p_worker, now() + make_interval(secs => p_ttl_s), p_shelf, p_life_days)
        RETURNING l.id, l.epoch INTO lease_id, epoch;
        RETURN NEXT;
    END IF;
END $$;

-- The shelves whose leases stand in the way of an outlet's orders: its own, and its lenders'.
CREATE FUNCTION shelves_to_recall(p_shelf bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT other.id FROM shelf asking JOIN shelf other ON other.pool_id = asking.pool_id
    WHERE asking.id = p_shelf AND other.closed_at IS NULL AND (other.id = asking.id OR asking.borrows AND (other.borrows OR other.id = other.pool_id))
$$;

-- A step of forgetting leases that are closed from before p_cutoff; see health/routines.sql.
CREATE FUNCTION forget_leases(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE sql AS $$
    WITH step AS (SELECT l.id, l.expires_at < p_cutoff AS old, l.state FROM public.lease l WHERE l.id > p_after ORDER BY l.id LIMIT p_rows),
         gone AS (DELETE FROM public.lease l USING step s WHERE l.id = s.id AND s.old AND s.state = 'closed' RETURNING 1)
    SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) FROM step s
$$;
