-- Holds the leases of a commit until it ends, or raises QG001: one was lost, or its codes have
-- expired; its detail names which. How many.
CREATE FUNCTION hold_leases(p_id bigint[], p_epoch bigint[], p_now timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    SELECT count(*) INTO held FROM (
        SELECT FROM lease l JOIN unnest(p_id, p_epoch) AS mine (id, epoch) ON l.id = mine.id
        WHERE l.epoch = mine.epoch AND l.state = 'active' AND (l.sell_until IS NULL OR l.sell_until > p_now)
        FOR SHARE OF l) AS held_leases;
    IF held <> cardinality(p_id) THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'QG001', DETAIL = (
            SELECT coalesce(string_agg(mine.id::text, ' '), '') FROM unnest(p_id, p_epoch) AS mine (id, epoch)
            WHERE NOT EXISTS (SELECT FROM lease l WHERE l.id = mine.id AND l.epoch = mine.epoch AND l.state = 'active'
                              AND (l.sell_until IS NULL OR l.sell_until > p_now)));
    END IF;
    RETURN held;
END $$;

-- Holds the codes of a commit against its orders, and adds the link of the chain that records which
-- codes went to which order (I13). How many codes.
CREATE FUNCTION record_codes(
    p_lines integer[], p_outcome integer[], p_id bigint[], p_quantity integer[], p_pool bigint[], p_first integer[],
    a_line integer[], a_seq bigint[], p_commit_no bigint, p_chain integer
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    codes record;
    done  bigint;
BEGIN
    -- I2: every code lies where its line says, and there are as many as were ordered. The audit
    -- makes the same digest of the orders that name this commit.
    SELECT coalesce(bool_and(k - p_first[a_line[k]] BETWEEN 0 AND p_quantity[a_line[k]] - 1), true) AS in_place, count(*) AS sold,
           (SELECT coalesce(sum(p_quantity[i]), 0) FROM unnest(p_lines) AS i WHERE p_pool[i] IS NOT NULL) AS wanted,
           sha256(array_send(array_agg(p_id[a_line[k]])) || array_send(array_agg(a_seq[k]))) AS digest
    INTO codes FROM generate_series(1, cardinality(a_line)) AS k WHERE p_outcome[a_line[k]] = 1;
    IF NOT codes.in_place OR codes.sold <> codes.wanted THEN
        RAISE EXCEPTION 'codes and quantities differ' USING ERRCODE = 'check_violation';
    END IF;
    IF codes.sold > 0 THEN
        done := append_reveal(p_commit_no, p_chain, 'commit', NULL, codes.digest);
    END IF;
    RETURN codes.sold;
END $$;

-- What is left of a pool, as every page and command tells it: what no worker holds, and what workers
-- hold and have not sold. What has expired is in neither, nor what a lease holds that ran out; so
-- `codes stats` counts it, too. Looks into leases that are active, never into what was sold.
CREATE FUNCTION pool_level(p_pool bigint, OUT free bigint, OUT leased bigint) LANGUAGE sql STABLE AS $$
    SELECT (SELECT p.size - p.next_seq FROM pool p WHERE p.id = p_pool) + coalesce((
               SELECT sum(f.hi - f.lo - CASE WHEN f.expires_at <= now() THEN (
                          SELECT count(*) FROM code c WHERE c.pool_id = f.pool_id AND c.seq >= f.lo AND c.seq < f.hi AND c.expires_at <= now()) ELSE 0 END)
               FROM fragment f WHERE f.pool_id = p_pool), 0)::bigint,
           coalesce((
               SELECT sum(l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi)
                          - CASE WHEN l.sell_until <= now() THEN (
                                SELECT count(*) FROM code c WHERE c.pool_id = l.pool_id AND c.seq >= l.lo AND c.seq < l.hi AND c.expires_at <= now()
                                  AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = c.pool_id AND a.seq = c.seq)) ELSE 0 END)
               FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active' AND l.expires_at >= now()), 0)::bigint
$$;
