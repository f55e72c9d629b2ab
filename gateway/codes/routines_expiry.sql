-- Expiry is decided here, by the database's clock. A code that expires lies in a fragment that
-- knows its earliest expiry; a lease over it ends then (sell_until), and a commit under it is
-- refused as one under a lost lease, whatever a worker still has in memory. What has expired
-- becomes an allocation to nobody, as a void code does: I1's key is what keeps it from being sold.
-- Codes behind pool.next_seq never expire.

-- Puts what of [lo, hi) is neither allocated nor expired among the free codes of its shelf, one fragment for
-- each run of one day (UTC); returns how many. Caller holds the pool lock.
CREATE FUNCTION free_expiring(p_pool bigint, p_shelf bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed bigint;
BEGIN
    WITH gone AS (
        INSERT INTO allocation (pool_id, seq)
        SELECT c.pool_id, c.seq FROM code c
        WHERE c.pool_id = p_pool AND c.seq >= p_lo AND c.seq < p_hi AND c.expires_at <= now()
          AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = p_pool AND a.seq = c.seq)
        RETURNING seq
    )
    INSERT INTO code_void (pool_id, seq, reason, expired) SELECT p_pool, seq, 'expired', true FROM gone;

    -- Neighbours mostly expire at one moment (an import numbers them so): such runs first, cheaply,
    -- and their days after that.
    WITH left_over AS (
        SELECT c.seq, c.expires_at FROM code c
        WHERE c.pool_id = p_pool AND c.seq >= p_lo AND c.seq < p_hi
          AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = p_pool AND a.seq = c.seq)
    ), last_one AS (
        SELECT c.seq FROM code c
        WHERE c.pool_id = p_pool AND c.seq >= p_lo AND c.seq < p_hi
          AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = p_pool AND a.seq = c.seq)
        ORDER BY c.seq DESC LIMIT 1
    ), neighbour AS (
        SELECT seq, expires_at, lag(seq) OVER w AS seq_before, lag(expires_at) OVER w AS ended_before FROM left_over
        WINDOW w AS (ORDER BY seq)
    ), start AS (
        SELECT seq, seq_before, expires_at FROM neighbour
        WHERE seq_before IS DISTINCT FROM seq - 1 OR ended_before IS DISTINCT FROM expires_at
    ), moment AS (
        SELECT start.seq AS lo, coalesce(lead(seq_before) OVER (ORDER BY start.seq), last_one.seq) + 1 AS hi, expires_at,
               date_trunc('day', expires_at, 'UTC') AS day FROM start, last_one
    ), apart AS (
        SELECT lo, hi, expires_at, day, lag(hi) OVER w IS DISTINCT FROM lo OR lag(day) OVER w IS DISTINCT FROM day AS is_first
        FROM moment WINDOW w AS (ORDER BY lo)
    ), run AS (
        SELECT lo, hi, expires_at, count(*) FILTER (WHERE is_first) OVER (ORDER BY lo) AS island FROM apart
    ), kept AS (
        INSERT INTO fragment (pool_id, lo, hi, expires_at, shelf_id)
        SELECT p_pool, min(lo), max(hi), min(expires_at), p_shelf FROM run GROUP BY island
        RETURNING hi - lo AS n
    )
    SELECT coalesce(sum(n), 0) INTO freed FROM kept;
    RETURN freed;
END $$;

-- Takes what has expired of a pool's free codes off sale. Caller holds the pool lock.
CREATE FUNCTION expire_codes(p_pool bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    FOR f IN DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.expires_at <= now() RETURNING fr.lo, fr.hi, fr.shelf_id LOOP
        PERFORM free_expiring(p_pool, f.shelf_id, f.lo, f.hi);
    END LOOP;
END $$;

-- Lays out [lo, hi), the end of a pool that a batch of expiring codes has just extended, by expiry; on main.
-- Leases over codes that last longer are called back: what expires first is sold first.
CREATE FUNCTION offer_expiring(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p pool%ROWTYPE;
    soonest timestamptz;
BEGIN
    SELECT * INTO p FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    IF p.next_seq < p_lo THEN
        INSERT INTO fragment (pool_id, lo, hi, shelf_id) VALUES (p_pool, p.next_seq, p_lo, p_pool);
    END IF;
    UPDATE pool SET next_seq = p_hi, expiring = true WHERE id = p_pool;
    PERFORM free_expiring(p_pool, p_pool, p_lo, p_hi);
    SELECT min(f.expires_at) INTO soonest FROM fragment f WHERE f.pool_id = p_pool AND f.lo >= p_lo;
    PERFORM close_leases(p_pool, ARRAY(
        SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.shelf_id = p_pool AND l.state = 'active'
          AND coalesce(l.sell_until + greatest(p.min_life, make_interval(days => l.life_days)), 'infinity') > soonest), 'codes-sooner');
END $$;
