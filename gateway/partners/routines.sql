-- What partners are called, and where they are in time.

-- The zone that a partner's days and hours go by at a moment.
CREATE FUNCTION zone_of(p_partner bigint, p_at timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT z.zone FROM partner_zone z WHERE z.partner_id = p_partner AND z.since <= p_at
                     ORDER BY z.since DESC LIMIT 1), 'UTC');
END $$;

-- What operators and messages call a partner.
CREATE FUNCTION name_of_partner(p_partner bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT p.name FROM partner p WHERE p.id = p_partner
$$;

-- Another zone from now on; unchanged where it is that one already. Commits that count hold the lock
-- shared (quotas/routines.sql: hold_counts): so none is on its way whose moment lies after ours and that
-- has not seen the row, and what a moment's window was is always told alike.
CREATE FUNCTION change_zone(p_partner bigint, p_zone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'51554f54'::integer);  -- "QUOT"
    INSERT INTO partner_zone (partner_id, since, zone) SELECT p_partner, clock_timestamp(), p_zone
    WHERE zone_of(p_partner, 'infinity') <> p_zone;
END $$;
