-- Where the codes of a pool are, for people who look.

-- The same for people who look, in a time that does not grow with what was sold: what was delivered is what is not anywhere else (I3,
-- which shelf_stats is for proving).
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
    )
    , told AS (
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
