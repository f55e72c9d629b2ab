-- Codes that leave what is free for a while, and come back: for holds (gateway/holds). Whoever calls
-- these has the pool's lock.

-- Locks a pool, as all do who change what is free of it. How many codes it ever had.
CREATE FUNCTION lock_pool(p_pool bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT p.size FROM pool p WHERE p.id = p_pool FOR NO KEY UPDATE);
END $$;

-- Takes up to p_count codes out of what is free on a shelf, those that expire first before others, none that
-- expires by p_until; their numbers, as they are to be handed out.
CREATE FUNCTION take_free(p_pool bigint, p_shelf bigint, p_count bigint, p_until timestamptz) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[] := '{}';
    missing bigint := p_count;
    f record;
    n bigint;
BEGIN
    FOR f IN SELECT fr.lo, fr.hi, fr.expires_at FROM fragment fr
             WHERE fr.pool_id = p_pool AND fr.shelf_id = p_shelf AND (fr.expires_at IS NULL OR fr.expires_at > p_until)
             ORDER BY fr.expires_at, fr.lo LOOP
        EXIT WHEN missing <= 0;
        n := least(f.hi - f.lo, missing);
        DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo = f.lo;
        IF f.lo + n < f.hi THEN
            INSERT INTO fragment (pool_id, lo, hi, expires_at, shelf_id) VALUES (p_pool, f.lo + n, f.hi, f.expires_at, p_shelf);
        END IF;
        taken := taken || ARRAY(SELECT generate_series(f.lo, f.lo + n - 1));
        missing := missing - n;
    END LOOP;
    IF missing > 0 AND p_shelf = p_pool THEN      -- main has what was never leased, too
        SELECT p.next_seq AS lo, least(p.size, p.next_seq + missing) AS hi INTO f FROM pool p WHERE p.id = p_pool;
        IF f.lo < f.hi THEN
            UPDATE pool SET next_seq = f.hi WHERE id = p_pool;
            taken := taken || ARRAY(SELECT generate_series(f.lo, f.hi - 1));
        END IF;
    END IF;
    RETURN taken;
END $$;

-- Takes codes of a shelf, and borrows what is missing once none of its own can come back.
CREATE FUNCTION take_or_borrow(p_pool bigint, p_shelf bigint, p_count bigint, p_life_days integer, p_until timestamptz) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_life interval := (SELECT greatest(p.min_life, make_interval(days => p_life_days)) FROM pool p WHERE p.id = p_pool);
    taken  bigint[] := take_free(p_pool, p_shelf, p_count, p_until + v_life);
    short  bigint := p_count - cardinality(taken);
BEGIN
    IF short > 0 AND p_shelf <> p_pool AND who_holds(NULL, p_pool, p_shelf, p_life_days, v_life) = 'sold_out'
       AND borrow_short(p_pool, p_shelf, short, false, 'sold_out', p_until - now() + v_life) > 0 THEN
        taken := taken || take_free(p_pool, p_shelf, short, p_until + v_life);
    END IF;
    RETURN taken;
END $$;

-- Whether workers have codes of a shelf, or of those who lend to it, that they could be asked for.
CREATE FUNCTION is_leased(p_pool bigint, p_shelf bigint, p_life_days integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_life interval := (SELECT greatest(p.min_life, make_interval(days => p_life_days)) FROM pool p WHERE p.id = p_pool);
BEGIN
    RETURN who_holds(NULL, p_pool, p_shelf, p_life_days, v_life) <> 'sold_out'
           OR borrow_short(p_pool, p_shelf, 0, false, 'sold_out', v_life) IS NULL;
END $$;

-- Puts codes that were taken back among the free ones of the shelf they lie on, and tells the workers. How many.
CREATE FUNCTION put_back(p_pool bigint, p_seqs bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    run record;
    freed bigint := 0;
BEGIN
    FOR run IN SELECT s.shelf_id, min(s.seq) AS lo, max(s.seq) + 1 AS hi FROM (
                   SELECT l.seq, l.shelf_id, l.seq - row_number() OVER (PARTITION BY l.shelf_id ORDER BY l.seq) AS island
                   FROM (SELECT seq, shelf_of_range(p_pool, seq, seq + 1) AS shelf_id FROM unnest(p_seqs) AS seq) AS l) AS s
               GROUP BY s.shelf_id, s.island ORDER BY 2 LOOP
        freed := freed + free_range(p_pool, run.shelf_id, run.lo, run.hi);
    END LOOP;
    RETURN freed;
END $$;

-- How many of a pool's codes are free, and how many leased and not sold.
CREATE FUNCTION unsold_codes(p_pool bigint, OUT free bigint, OUT leased bigint) LANGUAGE plpgsql AS $$
BEGIN
    free := free_codes(p_pool);
    SELECT coalesce(sum(l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi)), 0)
    INTO leased FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active';
END $$;

CREATE FUNCTION free_codes(p_pool bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT p.size - p.next_seq + coalesce((SELECT sum(f.hi - f.lo) FROM fragment f WHERE f.pool_id = p_pool), 0)
            FROM pool p WHERE p.id = p_pool);
END $$;

-- The records of some codes, in their order: batch, then the sealed code.
CREATE FUNCTION records_of(p_pool bigint, p_seqs bigint[]) RETURNS bytea[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT int8send(c.batch_id) || c.sealed FROM unnest(p_seqs) WITH ORDINALITY AS s (seq, n)
        CROSS JOIN LATERAL (SELECT x.batch_id, x.sealed FROM code x WHERE x.pool_id = p_pool AND x.seq = s.seq LIMIT 1) AS c
        ORDER BY s.n);
END $$;

-- How many codes of a shelf are held.
CREATE FUNCTION held_on_shelf(p_pool bigint, p_shelf bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF p_shelf <> p_pool THEN
        RETURN (SELECT coalesce(sum(held_between(p_pool, r.lo, r.hi)), 0) FROM shelf_range r WHERE r.pool_id = p_pool AND r.shelf_id = p_shelf);
    END IF;
    RETURN held_between(p_pool, 0, (SELECT p.size FROM pool p WHERE p.id = p_pool))
           - (SELECT coalesce(sum(held_between(p_pool, r.lo, r.hi)), 0) FROM shelf_range r WHERE r.pool_id = p_pool);
END $$;
