-- How holds end: their time is over, they are released, a code of theirs is recalled; or they are
-- confirmed: routines_confirming.sql. Whoever gives goods back holds the pool's lock first, then the
-- hold's row, then counts of quotas; a confirm has the row and waits for no pool.

-- A hold that the caller has locked, with its pool, is held no more, and neither are its codes: whoever
-- calls puts them back.
CREATE FUNCTION end_hold(p_partner bigint, p_id bigint, p_pool bigint, p_seqs bigint[], p_state text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held integer;
BEGIN
    UPDATE hold h SET state = p_state, updated_at = now() WHERE h.partner_id = p_partner AND h.id = p_id;
    IF p_pool IS NOT NULL THEN
        DELETE FROM held_code c WHERE c.pool_id = p_pool AND c.seq = ANY (p_seqs) AND c.hold_id = p_id;
        GET DIAGNOSTICS held = ROW_COUNT;
        IF held <> cardinality(p_seqs) THEN
            RAISE EXCEPTION 'hold % has % of its % codes', p_id, held, cardinality(p_seqs) USING ERRCODE = 'QG008';
        END IF;
    END IF;
END $$;

-- Gives back the codes that are due of a pool (NULL: of counted goods); the caller has the pool's lock.
-- Holds that are being confirmed are left to it; unless `p_with_units` those that have units of quotas
-- are left to expire_due_holds. Which ended: their units are for the caller to give back.
CREATE FUNCTION end_due_holds(p_pool bigint, p_with_units boolean, OUT partners bigint[], OUT holds bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    one   record;
    codes bigint[] := '{}';
BEGIN
    partners := '{}';
    holds := '{}';
    FOR one IN SELECT h.partner_id, h.id, h.pool_id, h.seqs FROM hold h WHERE h.pool_id IS NOT DISTINCT FROM p_pool AND h.state = 'held' AND h.expires_at <= now()
               AND (p_with_units OR NOT has_units(h.partner_id, h.id))
               ORDER BY h.expires_at FOR NO KEY UPDATE OF h SKIP LOCKED LOOP
        PERFORM end_hold(one.partner_id, one.id, one.pool_id, one.seqs, 'expired');
        codes := codes || one.seqs;
        partners := partners || one.partner_id;
        holds := holds || one.id;
    END LOOP;
    IF cardinality(codes) > 0 THEN
        PERFORM put_back(p_pool, codes);
    END IF;
END $$;

-- For whoever wants the pool's goods at once, has its lock, and goes on to other locks: so he leaves
-- counts of quotas alone. How many.
CREATE FUNCTION expire_holds(p_pool bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT cardinality(e.holds) FROM end_due_holds(p_pool, false) AS e);
END $$;

-- Gives back what is due, of one pool after the other: for whoever looks now and then. How many.
CREATE FUNCTION expire_due_holds() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_pool bigint;
    due    record := end_due_holds(NULL, true);
    owners bigint[] := due.partners;
    ended  bigint[] := due.holds;
BEGIN
    FOR v_pool IN SELECT p.pool_id FROM hold_pool p WHERE EXISTS (
                      SELECT FROM hold h WHERE h.pool_id = p.pool_id AND h.state = 'held' AND h.expires_at <= now())
                  ORDER BY p.pool_id LOOP
        PERFORM lock_pool(v_pool);
        due := end_due_holds(v_pool, true);
        owners := owners || due.partners;
        ended := ended || due.holds;
    END LOOP;
    PERFORM give_back_hold_units(owners, ended);
    RETURN cardinality(ended);
END $$;

-- The same for somebody who waits for units that those have: no lock is waited for long. 0: not now.
CREATE FUNCTION expire_for_units() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', '250', true);
    RETURN expire_due_holds();
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;

-- Gives a hold back before its time. Its state then; NULL: this partner has none of that number.
CREATE FUNCTION release_hold(p_partner bigint, p_id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    SELECT h.pool_id INTO one FROM hold h WHERE h.partner_id = p_partner AND h.id = p_id;
    IF one.pool_id IS NOT NULL THEN
        PERFORM lock_pool(one.pool_id);
    END IF;
    SELECT h.state, h.pool_id, h.seqs INTO one FROM hold h WHERE h.partner_id = p_partner AND h.id = p_id FOR NO KEY UPDATE;
    IF one.state = 'held' THEN
        PERFORM end_hold(p_partner, p_id, one.pool_id, one.seqs, 'released');
        IF one.pool_id IS NOT NULL THEN
            PERFORM put_back(one.pool_id, one.seqs);
        END IF;
        PERFORM give_back_hold_units(ARRAY[p_partner], ARRAY[p_id]);
        RETURN 'released';
    END IF;
    RETURN one.state;
END $$;

-- Ends the holds that have one of these codes: they are recalled. The caller has the pool's lock, and
-- gives their units back when it is done with locks.
CREATE FUNCTION end_holds_of(p_pool bigint, p_seqs bigint[], OUT partners bigint[], OUT holds bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    partners := '{}';
    holds := '{}';
    FOR one IN SELECT h.partner_id, h.id, h.pool_id, h.seqs, h.state FROM hold h WHERE (h.partner_id, h.id) IN (
                   SELECT c.partner_id, c.hold_id FROM held_code c WHERE c.pool_id = p_pool AND c.seq = ANY (p_seqs))
               ORDER BY h.partner_id, h.id FOR NO KEY UPDATE LOOP
        IF one.state = 'held' THEN                -- else it was confirmed while we waited
            PERFORM end_hold(one.partner_id, one.id, one.pool_id, one.seqs, 'expired');
            PERFORM put_back(p_pool, one.seqs);
            partners := partners || one.partner_id;
            holds := holds || one.id;
        END IF;
    END LOOP;
END $$;

-- Ends all holds of a pool (NULL: of counted goods), whatever time they have left: the shop was restored, and what they
-- hold may have been sold since. The caller gives their units back when it is done with locks.
CREATE FUNCTION end_holds_of_pool(p_pool bigint, OUT partners bigint[], OUT holds bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    partners := '{}';
    holds := '{}';
    IF p_pool IS NOT NULL THEN
        PERFORM lock_pool(p_pool);
    END IF;
    FOR one IN SELECT h.partner_id, h.id, h.pool_id, h.seqs FROM hold h WHERE h.pool_id IS NOT DISTINCT FROM p_pool AND h.state = 'held'
               ORDER BY h.partner_id, h.id FOR NO KEY UPDATE LOOP
        PERFORM end_hold(one.partner_id, one.id, one.pool_id, one.seqs, 'expired');
        IF one.pool_id IS NOT NULL THEN
            PERFORM put_back(one.pool_id, one.seqs);
        END IF;
        partners := partners || one.partner_id;
        holds := holds || one.id;
    END LOOP;
END $$;

-- How many codes are held between two numbers of a pool.
CREATE FUNCTION held_between(p_pool bigint, p_lo bigint, p_hi bigint) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM held_code c WHERE c.pool_id = p_pool AND c.seq >= p_lo AND c.seq < p_hi);
END $$;

-- What an order finds where nothing is free on a shelf: how many of its codes are held, and in how many
-- seconds, up, the first hold of the pool ends.
CREATE FUNCTION held_of_shelf(p_pool bigint, p_shelf bigint, OUT codes bigint, OUT first_ends_s integer) LANGUAGE plpgsql AS $$
BEGIN
    codes := 0;
    first_ends_s := first_hold_ends_s(p_pool);
    IF first_ends_s IS NOT NULL THEN
        codes := held_on_shelf(p_pool, p_shelf);
    END IF;
END $$;

CREATE FUNCTION first_hold_ends_s(p_pool bigint) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT greatest(1, ceil(extract(epoch FROM h.expires_at - now())))::integer FROM hold h
            WHERE h.pool_id = p_pool AND h.state = 'held' ORDER BY h.expires_at LIMIT 1);
END $$;
