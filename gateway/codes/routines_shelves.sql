-- Shelves: which part of a pool's sequence who sells from. Every function here is called under the
-- pool's lock, and moves what is free alone: what is leased is asked back first.

-- Lays [p_lo, p_hi) on a shelf; what lay there before keeps its ends. Neighbours become one range.
CREATE FUNCTION lay_on_shelf(p_pool bigint, p_shelf bigint, p_lo bigint, p_hi bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
    new_lo bigint := p_lo;
    new_hi bigint := p_hi;
BEGIN
    FOR r IN DELETE FROM shelf_range s WHERE s.pool_id = p_pool
             AND (s.lo < p_hi AND s.hi > p_lo OR s.shelf_id = p_shelf AND s.lo <= p_hi AND s.hi >= p_lo) RETURNING s.lo, s.hi, s.shelf_id LOOP
        IF r.shelf_id = p_shelf THEN
            new_lo := least(new_lo, r.lo);
            new_hi := greatest(new_hi, r.hi);
        ELSE
            INSERT INTO shelf_range (pool_id, lo, hi, shelf_id)
            SELECT p_pool, part.lo, part.hi, r.shelf_id FROM (VALUES (r.lo, least(r.hi, p_lo)), (greatest(r.lo, p_hi), r.hi)) AS part (lo, hi)
            WHERE part.lo < part.hi;
        END IF;
    END LOOP;
    IF p_shelf <> p_pool THEN  -- main is where nothing is recorded
        INSERT INTO shelf_range (pool_id, lo, hi, shelf_id) VALUES (p_pool, new_lo, new_hi, p_shelf);
    END IF;
END $$;

-- How many free codes of a shelf last as long as that.
CREATE FUNCTION count_free(p_pool bigint, p_shelf bigint, p_life interval) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (SELECT coalesce(sum(f.hi - f.lo), 0) FROM fragment f
            WHERE f.pool_id = p_pool AND f.shelf_id = p_shelf AND (f.expires_at IS NULL OR f.expires_at > now() + p_life))::bigint
           + CASE WHEN p_shelf = p_pool THEN (SELECT p.size - p.next_seq FROM pool p WHERE p.id = p_pool) ELSE 0 END
$$;

-- Moves free codes that last long enough from one shelf to another, those that expire first; as
-- many as there are, at most p_count (NULL: all). How many.
CREATE FUNCTION move_free(p_pool bigint, p_from bigint, p_to bigint, p_count bigint, p_life interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved bigint := 0;
    missing bigint := coalesce(p_count, 9223372036854775807);
    cut bigint;
    f record;
    p record;
BEGIN
    FOR f IN SELECT fr.lo, fr.hi, fr.expires_at FROM fragment fr
             WHERE fr.pool_id = p_pool AND fr.shelf_id = p_from AND (fr.expires_at IS NULL OR fr.expires_at > now() + p_life)
             ORDER BY fr.expires_at, fr.lo LOOP
        EXIT WHEN missing = 0;
        cut := least(f.hi, f.lo + least(missing, f.hi - f.lo));
        DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo = f.lo;
        PERFORM lay_on_shelf(p_pool, p_to, f.lo, cut);
        INSERT INTO fragment (pool_id, lo, hi, expires_at, shelf_id)
        SELECT p_pool, part.lo, part.hi, f.expires_at, part.shelf
        FROM (VALUES (f.lo, cut, p_to), (cut, f.hi, p_from)) AS part (lo, hi, shelf) WHERE part.lo < part.hi;
        moved := moved + cut - f.lo;
        missing := missing - (cut - f.lo);
    END LOOP;
    IF p_from = p_pool AND missing > 0 THEN  -- main has what was never leased, too
        SELECT size, next_seq INTO p FROM pool WHERE id = p_pool;
        cut := p.next_seq + least(missing, p.size - p.next_seq);
        IF cut > p.next_seq THEN
            UPDATE pool SET next_seq = cut WHERE id = p_pool;
            PERFORM lay_on_shelf(p_pool, p_to, p.next_seq, cut);
            INSERT INTO fragment (pool_id, lo, hi, shelf_id) VALUES (p_pool, p.next_seq, cut, p_to);
            moved := moved + cut - p.next_seq;
        END IF;
    END IF;
    RETURN moved;
END $$;

-- Says that codes may have become claimable on a shelf: to those who sell from it, and to those who
-- may borrow them. Of main its pool says it, see announce_pool.
CREATE FUNCTION tell_free(p_pool bigint, p_shelf bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_shelf = p_pool THEN
        UPDATE pool SET generation = generation + 1 WHERE id = p_pool;
    ELSE
        PERFORM pg_notify('quangate', 'shelf:' || s.id) FROM shelf s JOIN shelf freed ON freed.pool_id = s.pool_id
        WHERE freed.id = p_shelf AND s.closed_at IS NULL AND (s.id = p_shelf OR s.borrows AND freed.borrows);
    END IF;
END $$;

-- Moves exactly so many codes, or none: then it says how many could be. Leases of the shelf are
-- asked back if it takes that: whoever holds one finds its epoch grown, and sells from others.
CREATE FUNCTION move_codes(p_from bigint, p_to bigint, p_count bigint, OUT moved bigint, OUT most bigint) LANGUAGE plpgsql AS $$
DECLARE
    p_pool CONSTANT bigint := (SELECT s.pool_id FROM shelf s WHERE s.id = p_from);
BEGIN
    PERFORM FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    PERFORM expire_codes(p_pool);
    most := count_free(p_pool, p_from, '0');
    IF most < p_count THEN
        PERFORM close_leases(p_pool, ARRAY(SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.shelf_id = p_from AND l.state = 'active'),
            'codes-moved');
        most := count_free(p_pool, p_from, '0');
    END IF;
    moved := 0;
    IF most >= p_count THEN
        moved := move_free(p_pool, p_from, p_to, p_count, '0');
        PERFORM tell_free(p_pool, p_to);
    END IF;
END $$;

-- Closes a shelf: nobody sells from it any more, and what it has left goes back to main, leased
-- codes too. What was sold from it stays where it lies. How many went back. Idempotent.
CREATE FUNCTION close_shelf(p_shelf bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    p_pool CONSTANT bigint := (SELECT s.pool_id FROM shelf s WHERE s.id = p_shelf);
    returned bigint;
BEGIN
    PERFORM FROM pool WHERE id = p_pool FOR NO KEY UPDATE;
    UPDATE shelf SET closed_at = now() WHERE id = p_shelf AND closed_at IS NULL;
    PERFORM expire_codes(p_pool);
    returned := move_free(p_pool, p_shelf, p_pool, NULL, '0');
    returned := returned + close_leases(p_pool, ARRAY(  -- which frees to main from now on
        SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.shelf_id = p_shelf AND l.state = 'active'), 'codes-moved');
    PERFORM tell_free(p_pool, p_pool) WHERE returned > 0;
    RETURN returned;
END $$;

-- Closes those whose time has come, by the database's clock.
CREATE FUNCTION close_ended_shelves() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s record;
BEGIN
    FOR s IN SELECT id FROM shelf WHERE ends_at <= now() AND closed_at IS NULL ORDER BY pool_id, id LOOP
        PERFORM close_shelf(s.id);
    END LOOP;
END $$;

-- Who lends to a shelf that borrows: main all it has, others that borrow what is above their
-- reserve; of what is free now, and of what would be if all leases came back (at most).
CREATE FUNCTION lenders_of(p_pool bigint, p_shelf bigint, p_life interval) RETURNS TABLE (lender bigint, now_free bigint, at_most bigint)
LANGUAGE sql STABLE AS $$
    SELECT s.id, least(free.lasting, free.whole - s.reserve), free.whole - s.reserve + coalesce((
               SELECT sum(l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi))
               FROM lease l WHERE l.pool_id = p_pool AND l.shelf_id = s.id AND l.state = 'active'), 0)::bigint
    FROM shelf s CROSS JOIN LATERAL (SELECT count_free(p_pool, s.id, p_life) AS lasting, count_free(p_pool, s.id, '0') AS whole) AS free
    WHERE s.pool_id = p_pool AND s.id <> p_shelf AND s.closed_at IS NULL AND (s.id = p_pool OR s.borrows)
$$;

-- Borrows at most p_count codes that last long enough; how many. Main lends first, then whoever
-- has most to lend.
CREATE FUNCTION borrow(p_pool bigint, p_shelf bigint, p_count bigint, p_life interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    l record;
    n bigint;
    total bigint := 0;
BEGIN
    FOR l IN SELECT lender, now_free FROM lenders_of(p_pool, p_shelf, p_life) WHERE now_free > 0
             ORDER BY lender <> p_pool, now_free DESC, lender LOOP
        EXIT WHEN total = p_count;
        n := move_free(p_pool, l.lender, p_shelf, least(p_count - total, l.now_free), p_life);
        UPDATE shelf SET lent = lent + n WHERE id = l.lender;
        total := total + n;
    END LOOP;
    UPDATE shelf SET borrowed = borrowed + total WHERE id = p_shelf AND total > 0;
    RETURN total;
END $$;

-- Where the codes of a pool are, shelf by shelf: `codes stats` is the sum, `shelf list` the parts.
-- Each code counts once: codes = delivered + free + leased + held + in_doubt + expired + void. A code
-- under a lease that ended without its holder giving it back is in doubt: a last commit may still be
-- on its way, until it is reclaimed. What has expired counts as expired at once, whether or not
-- anybody has taken it off sale yet.
CREATE FUNCTION shelf_stats(p_pool bigint) RETURNS TABLE (
    shelf_id bigint, codes bigint, free bigint, leased bigint, held bigint, in_doubt bigint, delivered bigint, void bigint, expired bigint
) LANGUAGE sql STABLE AS $$
    WITH recorded AS (
        SELECT r.shelf_id, sum(r.hi - r.lo) AS codes, sum(sold.delivered) AS delivered, sum(sold.unsaleable) AS unsaleable, sum(sold.swept) AS swept,
               sum(held_between(p_pool, r.lo, r.hi)) AS held
        FROM shelf_range r CROSS JOIN LATERAL (
            SELECT count(a.order_id) - struck_in(r.pool_id, r.lo, r.hi) AS delivered, count(*) - count(a.order_id) + struck_in(r.pool_id, r.lo, r.hi) AS unsaleable, (
                       SELECT count(*) FROM code_void v WHERE v.pool_id = r.pool_id AND v.seq >= r.lo AND v.seq < r.hi AND v.expired) AS swept
            FROM allocation a WHERE a.pool_id = r.pool_id AND a.seq >= r.lo AND a.seq < r.hi) AS sold
        WHERE r.pool_id = p_pool GROUP BY r.shelf_id
    ), whole AS (
        SELECT p.size AS codes, count(a.order_id) - struck_in(p.id, 0, p.size) AS delivered, count(a.seq) - count(a.order_id) + struck_in(p.id, 0, p.size) AS unsaleable, (
                   SELECT count(*) FROM code_void v WHERE v.pool_id = p_pool AND v.expired) AS swept, held_between(p_pool, 0, p.size) AS held
        FROM pool p LEFT JOIN allocation a ON a.pool_id = p.id WHERE p.id = p_pool GROUP BY p.id
    ), laid AS (  -- main has what is recorded for nobody else
        SELECT * FROM recorded
        UNION ALL SELECT p_pool, w.codes - coalesce(r.codes, 0), w.delivered - coalesce(r.delivered, 0),
                         w.unsaleable - coalesce(r.unsaleable, 0), w.swept - coalesce(r.swept, 0), w.held - coalesce(r.held, 0)
        FROM whole w CROSS JOIN (
            SELECT sum(codes) AS codes, sum(delivered) AS delivered, sum(unsaleable) AS unsaleable, sum(swept) AS swept, sum(held) AS held FROM recorded) AS r
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
    SELECT s.id, coalesce(laid.codes, 0)::bigint,
           (coalesce(loose.codes, 0) - coalesce(loose.due, 0)
            + CASE WHEN s.id = p_pool THEN (SELECT p.size - p.next_seq FROM pool p WHERE p.id = p_pool) ELSE 0 END)::bigint,
           coalesce(o.leased, 0)::bigint, coalesce(laid.held, 0)::bigint, coalesce(o.in_doubt, 0)::bigint,
           coalesce(laid.delivered, 0)::bigint, (coalesce(laid.unsaleable, 0) - coalesce(laid.swept, 0))::bigint,
           (coalesce(laid.swept, 0) + coalesce(loose.due, 0) + coalesce(o.due, 0))::bigint
    FROM shelf s LEFT JOIN laid ON laid.shelf_id = s.id LEFT JOIN loose ON loose.shelf_id = s.id LEFT JOIN lent_out o ON o.shelf_id = s.id
    WHERE s.pool_id = p_pool
$$;

-- The shelf a SKU sells from, of those without a campaign or channel.
CREATE FUNCTION shelf_of_sku(p_pool bigint, p_sku text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT s.id FROM shelf s WHERE s.pool_id = p_pool AND s.sku = p_sku AND s.closed_at IS NULL), p_pool)
$$;

-- How many codes that last so long can be sold from a shelf, what it may borrow too; leases are
-- looked into only where what no worker holds is not enough. For people who look.
CREATE FUNCTION for_sale(p_shelf bigint, p_life_days integer, p_enough bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    s shelf%ROWTYPE;
    life interval;
    n bigint;
BEGIN
    SELECT * INTO s FROM shelf WHERE id = p_shelf;
    SELECT greatest(p.min_life, make_interval(days => p_life_days)) INTO life FROM pool p WHERE p.id = s.pool_id;
    n := count_free(s.pool_id, s.id, life);
    IF n < p_enough THEN
        n := n + coalesce((
            SELECT sum(l.hi - l.lo - (SELECT count(*) FROM allocation a WHERE a.pool_id = l.pool_id AND a.seq >= l.lo AND a.seq < l.hi))
            FROM lease l WHERE l.pool_id = s.pool_id AND l.shelf_id = s.id AND l.state = 'active'
              AND (l.sell_until IS NULL OR l.sell_until > now() + make_interval(days => p_life_days - l.life_days))), 0);
        IF s.borrows THEN
            n := n + coalesce((SELECT sum(greatest(0, at_most)) FROM lenders_of(s.pool_id, s.id, life)), 0);
        END IF;
    END IF;
    RETURN n;
END $$;
