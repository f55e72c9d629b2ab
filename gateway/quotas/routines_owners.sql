-- Units of owners: passed on, given back. Who calls holds the owners.

-- What owners have taken is other owners' from now on: an order has what its hold took. How many.
CREATE FUNCTION pass_units(p_partner bigint[], p_from bigint[], p_to bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    passed bigint;
BEGIN
    UPDATE quota_taken t SET owner_id = p.becomes FROM unnest(p_partner, p_from, p_to) AS p (partner_id, owner_id, becomes)
    WHERE t.partner_id = p.partner_id AND t.owner_id = p.owner_id;
    GET DIAGNOSTICS passed = ROW_COUNT;
    RETURN passed;
END $$;

-- Whether an owner has any.
CREATE FUNCTION has_units(p_partner bigint, p_owner bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM quota_taken t WHERE t.partner_id = p_partner AND t.owner_id = p_owner);
END $$;

-- What comes back of what an owner has taken: so many units of each count (NULL: all it has), but
-- of `p_refunded` ones none to quotas that keep what was refunded. Nothing where nothing was taken. An owner has
-- as many units of each of its counts: of one that a quota keeps, a part is not given to the others either.
CREATE TYPE quota_given AS (partner_id bigint, owner_id bigint, quota_id bigint, subject text, period bigint, units integer, is_kept boolean);

CREATE FUNCTION give_back_units(p_partner bigint[], p_owner bigint[], p_units integer[], p_refunded boolean[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    given quota_given[];
BEGIN
    SELECT array_agg((t.partner_id, t.owner_id, e.quota_id, e.subject, e.period, least(t.units, coalesce(o.units, t.units)),
                      o.refunded AND coalesce(e.keep_refunded, false))::quota_given)
    INTO given
    FROM unnest(p_partner, p_owner, p_units, p_refunded) AS o (partner_id, owner_id, units, refunded)
    CROSS JOIN LATERAL (SELECT * FROM quota_taken x WHERE x.partner_id = o.partner_id AND x.owner_id = o.owner_id LIMIT 1) AS t
    LEFT JOIN LATERAL asked_of(t.asked, t.taken_at) AS e ON true
    WHERE coalesce(o.units, 1) > 0 AND NOT (o.refunded AND coalesce(o.units, t.units) < t.units
          AND EXISTS (SELECT FROM asked_of(t.asked, t.taken_at) AS k WHERE k.keep_refunded));
    IF given IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM FROM (SELECT DISTINCT g.quota_id, g.subject COLLATE "C" AS subject, g.period FROM unnest(given) AS g WHERE NOT g.is_kept
                  ORDER BY 1, 2, 3) AS k
    CROSS JOIN LATERAL (SELECT FROM quota_use x WHERE x.quota_id = k.quota_id AND x.subject = k.subject AND x.period = k.period
                        LIMIT 1 FOR NO KEY UPDATE) AS u;
    UPDATE quota_use u SET used = u.used - d.units
    FROM (SELECT g.quota_id, g.subject, g.period, sum(g.units) AS units FROM unnest(given) AS g WHERE NOT g.is_kept GROUP BY 1, 2, 3) AS d
    WHERE u.quota_id = d.quota_id AND u.subject = d.subject AND u.period = d.period;
    -- Who gave all has nothing any more. First: who keeps as much as it gave would look the same afterwards.
    DELETE FROM quota_taken t
    USING (SELECT g.partner_id, g.owner_id, max(g.units) AS units FROM unnest(given) AS g GROUP BY 1, 2 HAVING NOT bool_or(g.is_kept)
           LIMIT cardinality(given)) AS d  -- one is expected: it is looked up, whatever statistics say
    WHERE t.partner_id = d.partner_id AND t.owner_id = d.owner_id AND d.units = t.units;
    -- An owner keeps what it has not given: fewer units of all its counts, or all of those that are kept.
    UPDATE quota_taken t SET units = t.units - CASE WHEN d.is_kept THEN 0 ELSE d.units END, 
        asked = CASE WHEN d.is_kept THEN asked_without(t.asked, d.given) ELSE t.asked END
    FROM (SELECT g.partner_id, g.owner_id, max(g.units) AS units, bool_or(g.is_kept) AS is_kept,
                 coalesce(array_agg(g.quota_id) FILTER (WHERE NOT g.is_kept), '{}') AS given
          FROM unnest(given) AS g GROUP BY 1, 2 LIMIT cardinality(given)) AS d
    WHERE t.partner_id = d.partner_id AND t.owner_id = d.owner_id AND (d.is_kept OR d.units < t.units);
    RETURN cardinality(given);
END $$;

-- The same for failed orders that an older version took units for (0221: carry_usage), in buyer_usage
-- alone. How many.
CREATE FUNCTION give_back_carried(p_partner bigint[], p_owner bigint[], p_units integer[], p_sku bigint[], p_buyer text[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    given bigint;
BEGIN
    UPDATE buyer_usage b SET used = greatest(0, b.used - d.units)
    FROM (SELECT o.partner_id, o.sku_id, o.buyer_id, sum(o.units) AS units
          FROM unnest(p_partner, p_owner, p_units, p_sku, p_buyer) AS o (partner_id, owner_id, units, sku_id, buyer_id)
          LEFT JOIN LATERAL (SELECT true AS is_there FROM quota_taken t
                             WHERE t.partner_id = o.partner_id AND t.owner_id = o.owner_id LIMIT 1) AS taken ON true
          WHERE o.buyer_id IS NOT NULL AND taken.is_there IS NULL
          GROUP BY 1, 2, 3 HAVING sum(o.units) > 0) AS d
    WHERE b.partner_id = d.partner_id AND b.sku_id = d.sku_id AND b.buyer_id = d.buyer_id;
    GET DIAGNOSTICS given = ROW_COUNT;
    RETURN given;
END $$;

-- An address in the one spelling that counts (quotas/rules.py); NULL: it is none.
CREATE FUNCTION address_text(p_text text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN regexp_replace(host(p_text::inet), '^::ffff:([0-9]+(\.[0-9]+){3})$', '\1');
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;
