-- Leases (design D3): who may hand out which range of a pool.
-- Free codes are the fragments plus [next_seq, size). Whoever changes what is free holds
-- the pool's row lock, so grants, reclaims, voids and imports of one pool come one by one.

-- Puts what of [lo, hi) was not allocated back among the free codes. Caller holds the pool lock.
CREATE FUNCTION free_range(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed bigint;
BEGIN
    WITH taken AS (
        SELECT seq FROM allocation WHERE pool_id = p_pool AND seq >= p_lo AND seq < p_hi
        UNION ALL SELECT p_hi
    ), gap AS (
        SELECT lag(seq, 1, p_lo - 1) OVER (ORDER BY seq) + 1 AS lo, seq AS hi FROM taken
    ), kept AS (
        INSERT INTO fragment (pool_id, lo, hi) SELECT p_pool, lo, hi FROM gap WHERE lo < hi RETURNING hi - lo AS n
    )
    SELECT coalesce(sum(n), 0) INTO freed FROM kept;
    IF freed > 0 THEN
        UPDATE pool SET generation = generation + 1 WHERE id = p_pool;
    END IF;
    RETURN freed;
END $$;

-- Closes leases and frees what they did not sell. The epoch grows, so that a holder that
-- does not know yet cannot commit under them (I7); the update waits for a commit that
-- already holds its share lock. Returns how many codes became free. Caller holds the pool lock.
CREATE FUNCTION close_leases(p_pool bigint, p_leases bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    l record;
    freed bigint := 0;
BEGIN
    FOR l IN UPDATE lease SET state = 'closed', epoch = epoch + 1
             WHERE id = ANY (p_leases) AND pool_id = p_pool AND state = 'active'
             RETURNING lo, hi LOOP
        freed := freed + free_range(p_pool, l.lo, l.hi);
    END LOOP;
    RETURN freed;
END $$;

-- Closes finished leases of the caller and grants the next ranges (several when only small
-- fragments are left), or says in one row why not: 'others' (other workers still hold codes),
-- 'mine' (only the caller does) or 'sold_out' (nobody does, nothing is free: I8's proof).
CREATE FUNCTION refill(p_worker uuid, p_pool bigint, p_want bigint, p_finished bigint[], p_ttl_s double precision)
RETURNS TABLE (verdict text, lease_id bigint, epoch bigint, lo bigint, hi bigint, generation bigint)
LANGUAGE plpgsql AS $$
DECLARE
    fragments_max CONSTANT integer := 32;  -- leases one call may grant
    p pool%ROWTYPE;
    free_count bigint;
    holders bigint;
    n bigint;
    f record;
BEGIN
    PERFORM FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    PERFORM close_leases(p_pool, p_finished);
    PERFORM close_leases(p_pool, ARRAY(
        SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active' AND l.expires_at < now()));
    SELECT * INTO p FROM pool WHERE id = p_pool;
    generation := p.generation;
    SELECT p.size - p.next_seq + coalesce(sum(fr.hi - fr.lo), 0) INTO free_count FROM fragment fr WHERE fr.pool_id = p_pool;
    IF free_count = 0 THEN
        SELECT CASE WHEN count(*) = 0 THEN 'sold_out' WHEN bool_and(l.worker_id = p_worker) THEN 'mine' ELSE 'others' END
        INTO verdict FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active';
        RETURN NEXT;
        RETURN;
    END IF;
    verdict := 'granted';
    SELECT greatest(count(*), 1) INTO holders FROM worker w WHERE w.expires_at > now();
    -- Guided self-scheduling: shrinks to one at the tail, so nothing is stranded.
    n := greatest(1, least(p_want, 65536, ceil(free_count / (2.0 * holders))::bigint));
    FOR f IN SELECT fr.lo, fr.hi FROM fragment fr WHERE fr.pool_id = p_pool ORDER BY fr.lo LIMIT fragments_max LOOP
        EXIT WHEN n <= 0;
        lo := f.lo;
        hi := least(f.hi, f.lo + n);
        n := n - (hi - lo);
        DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo = f.lo;
        IF hi < f.hi THEN
            INSERT INTO fragment (pool_id, lo, hi) VALUES (p_pool, hi, f.hi);
        END IF;
        INSERT INTO lease AS l (pool_id, lo, hi, worker_id, expires_at)
        VALUES (p_pool, refill.lo, refill.hi, p_worker, now() + make_interval(secs => p_ttl_s))
        RETURNING l.id, l.epoch INTO lease_id, epoch;
        RETURN NEXT;
    END LOOP;
    IF lease_id IS NULL THEN  -- no fragments: from what was never leased
        lo := p.next_seq;
        hi := least(p.size, p.next_seq + n);
        UPDATE pool SET next_seq = hi WHERE id = p_pool;
        INSERT INTO lease AS l (pool_id, lo, hi, worker_id, expires_at)
        VALUES (p_pool, refill.lo, refill.hi, p_worker, now() + make_interval(secs => p_ttl_s))
        RETURNING l.id, l.epoch INTO lease_id, epoch;
        RETURN NEXT;
    END IF;
END $$;

-- The range's records for the slab: int4 length, int8 batch, sealed code; seq order.
CREATE FUNCTION read_range(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(int4send(8 + length(sealed)) || int8send(batch_id) || sealed, ''::bytea ORDER BY seq), '')
    FROM code WHERE pool_id = p_pool AND seq >= p_lo AND seq < p_hi
$$;

-- Gives back all that a worker holds, in one pool or (NULL) in all. Idempotent.
CREATE FUNCTION give_back(p_worker uuid, p_pool bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    one record;
    freed bigint := 0;
BEGIN
    FOR one IN SELECT pool_id, array_agg(id) AS ids FROM lease
               WHERE worker_id = p_worker AND state = 'active' AND (p_pool IS NULL OR pool_id = p_pool)
               GROUP BY pool_id ORDER BY pool_id LOOP
        PERFORM FROM pool WHERE id = one.pool_id FOR NO KEY UPDATE;
        freed := freed + close_leases(one.pool_id, one.ids);
    END LOOP;
    RETURN freed;
END $$;

-- Takes back the leases of workers that are gone: expired, or of a worker id given as dead.
CREATE FUNCTION reclaim(p_dead uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    one record;
    freed bigint := 0;
BEGIN
    FOR one IN SELECT pool_id, array_agg(id) AS ids FROM lease
               WHERE state = 'active' AND (expires_at < now() OR worker_id = ANY (p_dead))
               GROUP BY pool_id ORDER BY pool_id LOOP
        PERFORM FROM pool WHERE id = one.pool_id FOR NO KEY UPDATE;
        freed := freed + close_leases(one.pool_id, one.ids);
    END LOOP;
    DELETE FROM worker WHERE worker_id = ANY (p_dead) OR expires_at < now() - interval '1 hour';
    RETURN freed;
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
BEGIN
    SELECT * INTO p FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    PERFORM close_leases(p_pool, ARRAY(
        SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active' AND l.lo <= seq_max AND l.hi > seq_min));
    -- Only fragments can have holes: what was never leased becomes one.
    IF p.next_seq < p.size AND seq_max >= p.next_seq THEN
        INSERT INTO fragment (pool_id, lo, hi) VALUES (p_pool, p.next_seq, p.size);
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
             RETURNING fr.lo, fr.hi LOOP
        PERFORM free_range(p_pool, f.lo, f.hi);
    END LOOP;
    RETURN voided;
END $$;
