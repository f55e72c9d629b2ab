-- Codes that are kept off sale because they may have been sold since the moment a shop was restored to.

-- Takes back every lease of a pool, so that none of before can commit, and lays all that is free aside.
-- Holds were ended before. From which number on codes are kept off sale, and how many; no row: none.
CREATE FUNCTION withhold_codes(p_pool bigint) RETURNS TABLE (from_seq bigint, codes bigint) LANGUAGE plpgsql AS $$
DECLARE
    s record;
    aside bigint;
BEGIN
    PERFORM FROM pool p WHERE p.id = p_pool FOR NO KEY UPDATE;
    PERFORM close_leases(p_pool, ARRAY(SELECT l.id FROM lease l WHERE l.pool_id = p_pool AND l.state = 'active'));
    PERFORM expire_codes(p_pool);
    FOR s IN SELECT sh.id FROM shelf sh WHERE sh.pool_id = p_pool AND sh.withheld_from IS NULL AND count_free(p_pool, sh.id, '0') > 0 LOOP
        SELECT w.id INTO aside FROM shelf w WHERE w.withheld_from = s.id;
        IF aside IS NULL THEN
            INSERT INTO shelf (pool_id, name, withheld_from) VALUES (p_pool, 'withheld.' || s.id, s.id) RETURNING id INTO aside;
        END IF;
        PERFORM move_free(p_pool, s.id, aside, NULL, '0');
    END LOOP;
    RETURN QUERY SELECT min(f.lo), sum(f.hi - f.lo)::bigint FROM fragment f JOIN shelf w ON w.id = f.shelf_id
                 WHERE f.pool_id = p_pool AND w.withheld_from IS NOT NULL HAVING count(*) > 0;
END $$;

-- How many codes that a shelf could sell, or borrow, are kept off sale.
CREATE FUNCTION withheld_of(p_pool bigint, p_shelf bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(f.hi - f.lo), 0) FROM shelf w JOIN fragment f ON f.shelf_id = w.id AND f.pool_id = p_pool
            WHERE w.pool_id = p_pool AND w.withheld_from IS NOT NULL
              AND (w.withheld_from = p_shelf OR (SELECT s.borrows FROM shelf s WHERE s.id = p_shelf)));
END $$;

-- Puts what is kept off sale from a number on back where it lay, or on main when that shelf was closed since.
CREATE FUNCTION release_codes(p_pool bigint, p_from bigint, OUT released bigint, OUT withheld bigint) LANGUAGE plpgsql AS $$
DECLARE
    f record;
    cut bigint;
    target bigint;
BEGIN
    released := 0;
    PERFORM FROM pool p WHERE p.id = p_pool FOR NO KEY UPDATE;
    PERFORM expire_codes(p_pool);
    FOR f IN SELECT fr.lo, fr.hi, fr.expires_at, fr.shelf_id, CASE WHEN home.closed_at IS NULL THEN home.id ELSE p_pool END AS home
             FROM fragment fr JOIN shelf w ON w.id = fr.shelf_id JOIN shelf home ON home.id = w.withheld_from
             WHERE fr.pool_id = p_pool AND fr.hi > p_from ORDER BY fr.lo LOOP
        cut := greatest(f.lo, p_from);
        DELETE FROM fragment fr WHERE fr.pool_id = p_pool AND fr.lo = f.lo;
        PERFORM lay_on_shelf(p_pool, f.home, cut, f.hi);
        INSERT INTO fragment (pool_id, lo, hi, expires_at, shelf_id)
        SELECT p_pool, part.lo, part.hi, f.expires_at, part.shelf
        FROM (VALUES (f.lo, cut, f.shelf_id), (cut, f.hi, f.home)) AS part (lo, hi, shelf) WHERE part.lo < part.hi;
        released := released + f.hi - cut;
    END LOOP;
    FOR target IN SELECT DISTINCT s.id FROM shelf s WHERE s.pool_id = p_pool AND s.withheld_from IS NULL AND s.closed_at IS NULL AND released > 0 LOOP
        PERFORM tell_free(p_pool, target);
    END LOOP;
    SELECT coalesce(sum(fr.hi - fr.lo), 0) INTO withheld FROM fragment fr JOIN shelf w ON w.id = fr.shelf_id
    WHERE fr.pool_id = p_pool AND w.withheld_from IS NOT NULL;
END $$;
