-- Where the codes of a pool are, and for how long they last, for people who look.

-- Where the codes of each shelf of a pool are, in a time that does not grow with what was sold: what was delivered is what is
-- nowhere else. That this holds (I3) is for shelf_stats to prove, which counts what was delivered, too.
CREATE FUNCTION shelf_levels(p_pool bigint) RETURNS TABLE (
    shelf_id bigint, codes bigint, free bigint, leased bigint, held bigint, in_doubt bigint, delivered bigint, void bigint, expired bigint
) LANGUAGE sql STABLE AS $$
    WITH recorded AS (
        SELECT r.shelf_id, sum(r.hi - r.lo) AS codes, sum(gone.void) AS void, sum(gone.swept) AS swept, sum(held_between(p_pool, r.lo, r.hi)) AS held
        FROM shelf_range r CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE NOT v.expired) AS void, count(*) FILTER (WHERE v.expired) AS swept
            FROM code_void v WHERE v.pool_id = r.pool_id AND v.seq >= r.lo AND v.seq < r.hi) AS gone
        WHERE r.pool_id = p_pool GROUP BY r.shelf_id
    ), whole AS (
        SELECT p.size AS codes, gone.void, gone.swept, held_between(p_pool, 0, p.size) AS held
        FROM pool p CROSS JOIN (SELECT count(*) FILTER (WHERE NOT v.expired) AS void, count(*) FILTER (WHERE v.expired) AS swept
                                FROM code_void v WHERE v.pool_id = p_pool) AS gone
        WHERE p.id = p_pool
    ), laid AS (  -- main has what is recorded for nobody else
        SELECT * FROM recorded
        UNION ALL SELECT p_pool, w.codes - coalesce(r.codes, 0), w.void - coalesce(r.void, 0), w.swept - coalesce(r.swept, 0), w.held - coalesce(r.held, 0)
        FROM whole w CROSS JOIN (SELECT sum(codes) AS codes, sum(void) AS void, sum(swept) AS swept, sum(held) AS held FROM recorded) AS r
    ), loose AS (
        SELECT f.shelf_id, sum(f.hi - f.lo) AS codes, sum(CASE WHEN f.expires_at <= now() THEN (
                   SELECT count(*) FROM code c WHERE c.pool_id = f.pool_id AND c.seq >= f.lo AND c.seq < f.hi AND c.expires_at <= now()) ELSE 0 END) AS due
        FROM fragment f WHERE f.pool_id = p_pool GROUP BY f.shelf_id
    ), lent_out AS (
        SELECT l.shelf_id, sum(l.hi - l.lo - inside.taken - inside.due) FILTER (WHERE l.expires_at >= now()) AS leased,
               sum(l.hi - l.lo - inside.taken - inside.due) FILTER (WHERE l.expires_at < now()) AS in_doubt, sum(inside.due) AS due
        FROM lease l CROSS JOIN LATERAL (
            SELECT (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi) AS taken,
                   CASE WHEN l.sell_until <= now() THEN (
                       SELECT count(*) FROM code c WHERE c.pool_id = l.pool_id AND c.seq >= l.lo AND c.seq < l.hi
                         AND c.expires_at <= now()
                         AND NOT EXISTS (SELECT FROM allocation a WHERE a.pool_id = c.pool_id AND a.seq = c.seq)) ELSE 0 END AS due
        ) AS inside
        WHERE l.pool_id = p_pool AND l.state = 'active' GROUP BY l.shelf_id
    ), told AS (
        SELECT s.id, coalesce(laid.codes, 0) AS codes,
               coalesce(loose.codes, 0) - coalesce(loose.due, 0)
               + CASE WHEN s.id = p_pool THEN (SELECT p.size - p.next_seq FROM pool p WHERE p.id = p_pool) ELSE 0 END AS free,
               coalesce(o.leased, 0) AS leased, coalesce(laid.held, 0) AS held, coalesce(o.in_doubt, 0) AS in_doubt, coalesce(laid.void, 0) AS void,
               coalesce(laid.swept, 0) + coalesce(loose.due, 0) + coalesce(o.due, 0) AS expired
        FROM shelf s LEFT JOIN laid ON laid.shelf_id = s.id LEFT JOIN loose ON loose.shelf_id = s.id LEFT JOIN lent_out o ON o.shelf_id = s.id
        WHERE s.pool_id = p_pool
    )
    SELECT t.id, t.codes::bigint, t.free::bigint, t.leased::bigint, t.held::bigint, t.in_doubt::bigint,
           (t.codes - t.free - t.leased - t.held - t.in_doubt - t.void - t.expired)::bigint, t.void::bigint, t.expired::bigint
    FROM told t
$$;

-- Adds what was sold of pools on days, and forgets what nobody asks for any more.
CREATE FUNCTION note_sold(p_pools bigint[], p_days date[], p_sold bigint[], p_upto timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pool_day AS d (pool_id, day, sold)
    SELECT x.pool_id, x.day, x.sold FROM unnest(p_pools, p_days, p_sold) AS x (pool_id, day, sold) ORDER BY x.pool_id, x.day
    ON CONFLICT (pool_id, day) DO UPDATE SET sold = d.sold + excluded.sold;
    UPDATE sales_counted SET upto = p_upto WHERE one;
    DELETE FROM pool_day d WHERE d.day < (p_upto AT TIME ZONE 'UTC')::date - 35;
END $$;

-- Codes sold a day: of the last p_days that were counted, today among them, of a pool that has not sold so long since its first
-- sale; one day at least. NULL: nothing was sold.
CREATE FUNCTION sold_a_day(p_pool bigint, p_days integer) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT sum(d.sold) / greatest(1.0, extract(epoch FROM c.upto - min(d.day)::timestamp AT TIME ZONE 'UTC') / 86400)
    FROM sales_counted c JOIN pool_day d ON d.pool_id = p_pool AND d.day > (c.upto AT TIME ZONE 'UTC')::date - p_days
    GROUP BY c.upto HAVING sum(d.sold) > 0
$$;

-- For how many days so many codes of a pool last; NULL: nothing was sold lately.
CREATE FUNCTION days_of_cover(p_pool bigint, p_free bigint, p_days integer) RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT round((p_free / sold_a_day(p_pool, p_days))::numeric, 1)::float8
$$;
