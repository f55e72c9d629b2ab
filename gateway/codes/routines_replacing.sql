-- Codes that were delivered and are struck out, and others that take their place. Whoever calls these has
-- the pool's lock.

-- Which of these codes still stand, by place from 0: the one asked for, or the last so many (NULL: all).
CREATE FUNCTION standing_codes(p_pool bigint, p_seqs bigint[], p_position integer, p_count integer) RETURNS integer[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN ARRAY(
        SELECT last.place FROM (
            SELECT (s.n - 1)::integer AS place FROM unnest(p_seqs) WITH ORDINALITY AS s (seq, n)
            WHERE (p_position IS NULL OR s.n = p_position + 1)
              AND NOT EXISTS (SELECT FROM code_void v WHERE v.pool_id = p_pool AND v.seq = s.seq)
            ORDER BY s.n DESC LIMIT p_count) AS last ORDER BY last.place);
END $$;

-- Makes delivered codes void: they stay their order's, and are nobody else's ever (I1). How many. 23505:
-- one is void already.
CREATE FUNCTION strike_codes(p_pool bigint, p_seqs bigint[], p_order bigint, p_why text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    struck bigint;
BEGIN
    INSERT INTO code_void (pool_id, seq, reason, order_id)
    SELECT p_pool, a.seq, p_why, p_order FROM allocation a WHERE a.pool_id = p_pool AND a.seq = ANY (p_seqs) AND a.order_id = p_order;
    GET DIAGNOSTICS struck = ROW_COUNT;
    IF struck <> cardinality(p_seqs) THEN
        RAISE EXCEPTION 'a code of pool % is not of order %', p_pool, p_order USING ERRCODE = 'QG003';
    END IF;
    RETURN struck;
END $$;

-- Codes of the same pool for those of an order that are struck out, given to it; NULL: there are not so
-- many left. Of the shelf they came from first, then of main; what workers have leased is called back,
-- lease by lease, before it is said that there is none.
CREATE FUNCTION give_others(p_pool bigint, p_like bigint, p_count integer, p_order bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    taken  bigint[] := '{}';
    until  timestamptz;
    laid   bigint;
    one    bigint;
BEGIN
    SELECT now() + p.min_life INTO until FROM pool p WHERE p.id = p_pool;
    IF (SELECT p.expiring FROM pool p WHERE p.id = p_pool) THEN
        PERFORM expire_codes(p_pool);
    END IF;
    FOR laid IN SELECT s.id FROM shelf s WHERE s.pool_id = p_pool AND s.closed_at IS NULL AND s.withheld_from IS NULL
                  AND s.id IN (p_pool, shelf_of_range(p_pool, p_like, p_like + 1)) ORDER BY s.id = p_pool LOOP
        taken := taken || take_free(p_pool, laid, p_count - cardinality(taken), until);
        FOR one IN SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.shelf_id = laid AND l.state = 'active' ORDER BY l.id DESC LOOP
            EXIT WHEN cardinality(taken) = p_count;
            PERFORM close_leases(p_pool, ARRAY[one]);
            taken := taken || take_free(p_pool, laid, p_count - cardinality(taken), until);
        END LOOP;
        EXIT WHEN cardinality(taken) = p_count;
    END LOOP;
    IF cardinality(taken) < p_count THEN
        PERFORM put_back(p_pool, taken);
        RETURN NULL;
    END IF;
    INSERT INTO allocation (pool_id, seq, order_id) SELECT p_pool, s, p_order FROM unnest(taken) AS s;
    RETURN taken;
END $$;

-- How many of [lo, hi) were delivered and are struck out: void, though they are an order's.
CREATE FUNCTION struck_in(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM code_void v WHERE v.pool_id = p_pool AND v.seq >= p_lo AND v.seq < p_hi AND v.order_id IS NOT NULL);
END $$;
