-- How long what is left of a pool lasts, as it sold lately.

-- Adds what was sold of pools on days, and forgets what nobody asks for any more.
CREATE FUNCTION note_sold(p_pools bigint[], p_days date[], p_sold bigint[], p_upto timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pool_day AS d (pool_id, day, sold)
    SELECT x.pool_id, x.day, x.sold FROM unnest(p_pools, p_days, p_sold) AS x (pool_id, day, sold) ORDER BY x.pool_id, x.day
    ON CONFLICT (pool_id, day) DO UPDATE SET sold = d.sold + excluded.sold;
    UPDATE sales_counted SET upto = p_upto WHERE one;
    DELETE FROM pool_day d WHERE d.day < (p_upto AT TIME ZONE 'UTC')::date - 35;
END $$;

-- What is left of a pool, on shelves and in workers' leases, whoever it is for.
CREATE FUNCTION left_in_pool(p_pool bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (p.size - p.next_seq + coalesce((SELECT sum(f.hi - f.lo) FROM fragment f WHERE f.pool_id = p.id), 0)
            + coalesce((SELECT sum(l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi))
                        FROM lease l WHERE l.pool_id = p.id AND l.state = 'active'), 0))::bigint
    FROM pool p WHERE p.id = p_pool
$$;

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
