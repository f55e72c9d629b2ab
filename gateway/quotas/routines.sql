-- Units of quotas: asked for, held and taken, all within the transaction of what wants them, a
-- batch as a set. Who takes them is an "owner": an order, or a hold.
--
-- Counts come in the order of their keys (quotas/counting.py) and are locked in it, after the
-- accounts and before blocks; who holds a block waits for no count. New counts are inserted before
-- any other is locked: who waits for an insert holds nothing that its maker could want.

-- A count that lines of a batch ask units of. `most` NULL: its quota is gone, or lifted, and asks
-- nothing. `in_block`: of a total, what this connection had in hand when it was last seen. `in_row`:
-- what the row has of `wanted` because we made it; NULL: the row is not ours. Once held: `left_over`
-- may be taken; if not `is_sure`, others may have more.
CREATE TYPE quota_count AS (
    quota_id bigint, subject text, period bigint, most bigint, is_total boolean, wanted bigint,
    in_block bigint, in_row bigint, left_over bigint, is_sure boolean
);

-- When the window began that a moment lies in, in seconds since 1970; 0: there is one only. Days and hours
-- of what is counted of a partner, whose id the subject begins with, are those of its zone: a day is all that
-- has its date, an hour that the clock shows twice is two. Declared as volatile as its parts, so that it is
-- put in place: called, it would cost as much as a row.
CREATE FUNCTION quota_period(p_per text, p_span text, p_subject text, p_now timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_span NOT IN ('day', 'hour') THEN 0
                WHEN p_per IN ('buyer', 'partner') THEN extract(epoch FROM date_trunc(p_span, p_now, zone_of(substring(p_subject FROM '^[0-9]+')::bigint, p_now)))::bigint
                WHEN p_span = 'day' THEN floor(extract(epoch FROM p_now) / 86400)::bigint * 86400
                ELSE floor(extract(epoch FROM p_now) / 3600)::bigint * 3600 END
$$;

-- The counts that somebody asked at a moment; those of quotas that are gone are missing.
CREATE FUNCTION asked_of(p_asked text, p_at timestamptz)
RETURNS TABLE (quota_id bigint, subject text, period bigint, keep_refunded boolean) LANGUAGE sql STABLE AS $$
    SELECT q.id, e.value ->> 1, quota_period(q.per, q.span, e.value ->> 1, p_at), q.keep_refunded
    FROM jsonb_array_elements(p_asked::jsonb) AS e JOIN quota q ON q.id = (e.value ->> 0)::bigint
$$;

-- What is left of it without these quotas.
CREATE FUNCTION asked_without(p_asked text, p_quotas bigint[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(e.value), '[]')::text FROM jsonb_array_elements(p_asked::jsonb) AS e
    WHERE (e.value ->> 0)::bigint <> ALL (p_quotas)
$$;

-- Holds the counts that a batch asks until the end of the transaction, and says what may be taken of
-- each. Nobody changes what quotas allow meanwhile: who does holds the lock for himself
-- (quotas/administration.sql). `totals`: the places of those. `are_ours`: the rows of all others were
-- made by us, and have what is wanted.
CREATE FUNCTION hold_counts(
    p_quota bigint[], p_subject text[], p_wanted bigint[], p_holder integer, p_now timestamptz,
    OUT counts quota_count[], OUT totals integer[], OUT are_ours boolean
) LANGUAGE plpgsql AS $$
DECLARE
    k    integer;
    made record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(x'51554f54'::integer);  -- "QUOT"
    SELECT array_agg((c.quota_id, c.subject, quota_period(q.per, q.span, c.subject, p_now), q.most, q.per = 'total', c.wanted,
                      coalesce(b.units, 0), NULL, q.most, true)::quota_count ORDER BY c.place),
           array_agg(c.place) FILTER (WHERE q.per = 'total' AND q.most IS NOT NULL)
    INTO counts, totals
    FROM unnest(p_quota, p_subject, p_wanted) WITH ORDINALITY AS c (quota_id, subject, wanted, place)
    LEFT JOIN quota q ON q.id = c.quota_id
    LEFT JOIN LATERAL (SELECT x.units FROM quota_block x WHERE q.per = 'total' AND x.quota_id = c.quota_id AND x.subject = c.subject
                       AND x.period = quota_period(q.per, q.span, c.subject, p_now) AND x.holder = p_holder LIMIT 1) AS b ON true;
    made := make_counts(counts);
    counts := made.counts;
    are_ours := made.are_ours;
    IF made.others > 0 THEN
        counts := ARRAY(
            SELECT (c.quota_id, c.subject, c.period, c.most, c.is_total, c.wanted, c.in_block, c.in_row,
                    c.most - coalesce(u.used, 0), true)::quota_count
            FROM unnest(counts) WITH ORDINALITY AS c
            LEFT JOIN LATERAL (SELECT x.used FROM quota_use x WHERE c.in_row IS NULL AND c.in_block < c.wanted
                               AND x.quota_id = c.quota_id AND x.subject = c.subject AND x.period = c.period
                               LIMIT 1 FOR NO KEY UPDATE) AS u ON true
            ORDER BY c.ordinality);
    END IF;
    FOREACH k IN ARRAY coalesce(totals, '{}') LOOP
        counts[k] := hold_block(counts[k], p_holder);
    END LOOP;
END $$;

-- Makes the rows of counts that have none. What is wanted of one is in its row from the start, if
-- that much is allowed: most counts are asked once only. Of a total that the block in hand suffices
-- for nobody needs the row. `others`: how many rows are needed that somebody else made.
CREATE FUNCTION make_counts(p_counts quota_count[], OUT counts quota_count[], OUT others bigint, OUT are_ours boolean)
LANGUAGE plpgsql AS $$
BEGIN
    WITH fresh AS (
        INSERT INTO quota_use (quota_id, subject, period, used, most)
        SELECT c.quota_id, c.subject, c.period, CASE WHEN c.is_total OR c.wanted > c.most THEN 0 ELSE c.wanted END, c.most
        FROM unnest(p_counts) AS c WHERE c.in_block < c.wanted AND c.most IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING quota_id, subject, period, used
    )
    SELECT array_agg((c.quota_id, c.subject, c.period, c.most, c.is_total, c.wanted, c.in_block, f.used, c.most, true)::quota_count
                     ORDER BY c.ordinality),
           count(*) FILTER (WHERE f.used IS NULL AND c.in_block < c.wanted AND c.most IS NOT NULL),
           coalesce(bool_and(c.is_total OR coalesce(f.used = c.wanted, false)), true)
    INTO counts, others, are_ours FROM unnest(p_counts) WITH ORDINALITY AS c
    LEFT JOIN fresh f ON f.quota_id = c.quota_id AND f.subject = c.subject AND f.period = c.period;
END $$;

-- Sees to it that this connection has in hand what is wanted of a total, if there is that much:
-- from its block; else from the count, and some more for orders to come; else from all blocks.
-- `left_over` comes as what the count has in no block, and goes as what is in hand.
CREATE FUNCTION hold_block(c quota_count, p_holder integer) RETURNS quota_count LANGUAGE plpgsql AS $$
DECLARE
    free      bigint := c.left_over;
    calls_in  boolean := c.in_block < c.wanted AND c.in_block + free < c.wanted;
    in_blocks bigint := 0;
    in_hand   bigint := 0;
    granted   bigint;
BEGIN
    IF calls_in THEN
        PERFORM FROM quota_block b WHERE b.quota_id = c.quota_id AND b.subject = c.subject AND b.period = c.period
        ORDER BY b.holder FOR NO KEY UPDATE;
        SELECT coalesce(sum(b.units), 0) INTO in_blocks FROM quota_block b
        WHERE b.quota_id = c.quota_id AND b.subject = c.subject AND b.period = c.period;
        UPDATE quota_block b SET units = 0
        WHERE b.quota_id = c.quota_id AND b.subject = c.subject AND b.period = c.period AND b.units > 0;
    ELSE
        SELECT coalesce(max(b.units), 0) INTO in_hand FROM (
            SELECT x.units FROM quota_block x WHERE x.quota_id = c.quota_id AND x.subject = c.subject AND x.period = c.period
            AND x.holder = p_holder LIMIT 1 FOR NO KEY UPDATE) AS b;
    END IF;
    IF c.in_block >= c.wanted THEN                -- the count is not held: nothing can be had from there
        free := 0;
    END IF;
    free := greatest(free + in_blocks, 0);        -- below 0: more was had than is allowed today
    granted := least(free, greatest(c.wanted - in_hand, 0));
    IF granted > 0 THEN
        granted := granted + least((free - granted) / 8, 1024);
        INSERT INTO quota_block (quota_id, subject, period, holder, units)
        VALUES (c.quota_id, c.subject, c.period, p_holder, in_hand + granted)
        ON CONFLICT (quota_id, subject, period, holder) DO UPDATE SET units = excluded.units;
    END IF;
    IF granted <> in_blocks THEN
        UPDATE quota_use u SET used = u.used + granted - in_blocks, most = CASE WHEN granted > in_blocks THEN c.most ELSE u.most END
        WHERE u.quota_id = c.quota_id AND u.subject = c.subject AND u.period = c.period;
    END IF;
    c.left_over := in_hand + granted;
    c.is_sure := calls_in OR c.left_over >= c.wanted;  -- else somebody called in what was in hand
    RETURN c;
END $$;

-- Takes for lines with outcome 1 what they ask of counts that are held, and writes down what each
-- has. How many counts. `p_owner`: the lines' orders, or holds; p_line and p_place: see
-- quotas/counting.py; p_totals, p_ours: hold_counts; `p_all`: all lines have outcome 1.
CREATE FUNCTION take_units(
    p_outcome integer[], p_all boolean, p_partner bigint[], p_owner bigint[], p_units integer[], p_quotas text[], p_line integer[],
    p_place integer[], p_counts quota_count[], p_totals integer[], p_ours boolean, p_holder integer, p_now timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    taken bigint[];                               -- of each count; NULL: all that is wanted
BEGIN
    IF NOT p_all THEN
        SELECT array_agg(coalesce(d.taken, 0) ORDER BY c.place) INTO taken
        FROM generate_series(1, cardinality(p_counts)) AS c (place)
        LEFT JOIN (SELECT a.place, sum(p_units[a.line]) AS taken FROM unnest(p_line, p_place) AS a (line, place)
                   WHERE p_outcome[a.line] = 1 GROUP BY 1) AS d ON d.place = c.place;
    END IF;
    IF NOT (p_all AND p_ours) THEN
        UPDATE quota_use u SET used = u.used + coalesce(taken[c.ordinality], c.wanted) - coalesce(c.in_row, 0), most = c.most
        FROM unnest(p_counts) WITH ORDINALITY AS c
        WHERE NOT c.is_total AND c.most IS NOT NULL AND coalesce(taken[c.ordinality], c.wanted) <> coalesce(c.in_row, 0)
          AND u.quota_id = c.quota_id AND u.subject = c.subject AND u.period = c.period;
    END IF;
    IF p_totals IS NOT NULL THEN
        UPDATE quota_block b SET units = b.units - coalesce(taken[c.ordinality], c.wanted)
        FROM unnest(p_counts) WITH ORDINALITY AS c
        WHERE c.is_total AND c.most IS NOT NULL AND coalesce(taken[c.ordinality], c.wanted) > 0
          AND b.quota_id = c.quota_id AND b.subject = c.subject AND b.period = c.period AND b.holder = p_holder;
    END IF;
    INSERT INTO quota_taken (partner_id, owner_id, units, asked, taken_at)
    SELECT p_partner[i], p_owner[i], p_units[i], p_quotas[i], p_now
    FROM generate_series(1, cardinality(p_quotas)) AS i WHERE p_quotas[i] IS NOT NULL AND p_outcome[i] = 1;
    IF NOT p_ours AND EXISTS (SELECT FROM unnest(p_counts) AS c WHERE c.most IS NULL) THEN
        PERFORM forget_uncounted(p_partner, p_owner, p_counts);
    END IF;
    RETURN cardinality(p_counts);
END $$;

-- Takes what a partner's lines want of counts that nobody asked before, and of totals that this connection
-- has in hand, and writes down what each line has. False: not all are such, or not so much is allowed; then
-- the caller undoes all.
CREATE FUNCTION take_first(
    p_partner bigint, p_owner bigint[], p_quotas text[], p_quota bigint[], p_subject text[], p_wanted bigint[], p_holder integer, p_now timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    counts  integer := cardinality(p_quota);
    made    integer;
    in_hand integer;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(x'51554f54'::integer);  -- "QUOT": see hold_counts
    INSERT INTO quota_use (quota_id, subject, period, used, most)
    SELECT q.id, p_subject[k], quota_period(q.per, q.span, p_subject[k], p_now), p_wanted[k], q.most
    FROM generate_series(1, counts) AS k JOIN quota q ON q.id = p_quota[k]
    WHERE q.per <> 'total' AND p_wanted[k] <= q.most
    ORDER BY k ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made < counts THEN
        UPDATE quota_block b SET units = b.units - p_wanted[k]
        FROM generate_series(1, counts) AS k JOIN quota q ON q.id = p_quota[k]
        WHERE q.per = 'total' AND q.most IS NOT NULL AND b.quota_id = q.id AND b.subject = p_subject[k] AND b.holder = p_holder
          AND b.period = quota_period(q.per, q.span, p_subject[k], p_now) AND b.units >= p_wanted[k];
        GET DIAGNOSTICS in_hand = ROW_COUNT;
        IF made + in_hand < counts THEN
            RETURN false;
        END IF;
    END IF;
    INSERT INTO quota_taken (partner_id, owner_id, units, asked, taken_at)
    SELECT p_partner, p_owner[i], 1, p_quotas[i], p_now FROM generate_series(1, cardinality(p_owner)) AS i WHERE p_quotas[i] IS NOT NULL;
    RETURN true;
END $$;

-- What owners asked of quotas that ask nothing they have not taken.
CREATE FUNCTION forget_uncounted(p_partner bigint[], p_owner bigint[], p_counts quota_count[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE quota_taken t SET asked = asked_without(t.asked, ARRAY(SELECT c.quota_id FROM unnest(p_counts) AS c WHERE c.most IS NULL))
    FROM unnest(p_partner, p_owner) AS o (partner_id, owner_id) WHERE t.partner_id = o.partner_id AND t.owner_id = o.owner_id;
    DELETE FROM quota_taken t USING unnest(p_partner, p_owner) AS o (partner_id, owner_id)
    WHERE t.partner_id = o.partner_id AND t.owner_id = o.owner_id AND t.asked = '[]';
END $$;

-- Deletes one step of the counts of days and hours that began before p_cutoff, which is at least a week ago,
-- with what lies in blocks of them. What orders have of them stays written down with the orders (quota_taken).
-- Counts in somebody's hands are left for the next time: units come back to them in another order.
CREATE FUNCTION forget_counts(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(x'51554f54'::integer);  -- "QUOT", as hold_counts: nobody calls blocks in meanwhile
    deleted := 0;
    FOR one IN SELECT u.quota_id, u.subject, u.period FROM public.quota_use u
               WHERE u.period > 0 AND u.period >= p_after AND u.period < extract(epoch FROM p_cutoff)::bigint
               ORDER BY u.period LIMIT p_rows FOR UPDATE SKIP LOCKED LOOP
        DELETE FROM public.quota_block b WHERE b.quota_id = one.quota_id AND b.subject = one.subject AND b.period = one.period;
        DELETE FROM public.quota_use u WHERE u.quota_id = one.quota_id AND u.subject = one.subject AND u.period = one.period;
        deleted := deleted + 1;
        last := one.period;
    END LOOP;
    more := deleted = p_rows;
END $$;
