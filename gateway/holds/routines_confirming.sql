-- Confirming: a hold becomes an order, in the commit of orders (orders/routines_commit.sql), at the
-- price it was made at. Its codes come with the line and under no lease: their rows of `held_code`
-- vouch for them. A line that is late claimed codes of its own, as any order does.

-- What the holds of a commit say of its lines that are orders so far (outcome 1): 3 it is confirmed
-- (`existing`: by which order), 7 another line of this commit confirms it, 20 its time is over and its
-- codes are free again, 21 it was released, 22 it was refused when it came late. Holds the rows.
CREATE FUNCTION judge_holds(
    INOUT outcome integer[], INOUT existing bigint[], p_partner bigint[], p_hold bigint[], p_late boolean[]
) LANGUAGE plpgsql AS $$
DECLARE
    one  record;
    seen bigint[] := '{}';
BEGIN
    FOR one IN SELECT i, h.id, h.state, h.order_id FROM generate_series(1, cardinality(p_partner)) AS i
               CROSS JOIN LATERAL (SELECT x.id, x.state, x.order_id FROM hold x
                                   WHERE x.partner_id = p_partner[i] AND x.id = p_hold[i] LIMIT 1 FOR NO KEY UPDATE) AS h
               WHERE outcome[i] = 1 ORDER BY i LOOP
        outcome[one.i] := CASE
            WHEN one.id = ANY (seen) THEN 7
            WHEN one.state = 'held' THEN CASE WHEN p_late[one.i] THEN 7 ELSE 1 END
            WHEN one.state = 'expired' THEN CASE WHEN p_late[one.i] THEN 1 ELSE 20 END
            WHEN one.state = 'released' THEN 21
            WHEN one.state = 'late_refused' THEN 22
            ELSE 3 END;
        existing[one.i] := CASE WHEN outcome[one.i] = 3 THEN one.order_id END;
        seen := seen || one.id;
    END LOOP;
END $$;

-- Locks the holds of a commit, before it holds counts of quotas: whoever ends a hold has its row first.
CREATE FUNCTION lock_holds(p_partner bigint[], p_hold bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    locked bigint := 0;
BEGIN
    IF cardinality(p_hold) > 0 THEN
        PERFORM FROM hold h WHERE (h.partner_id, h.id) IN (SELECT * FROM unnest(p_partner, p_hold) AS l (partner_id, id) WHERE l.id IS NOT NULL)
        ORDER BY h.partner_id, h.id FOR NO KEY UPDATE;
        GET DIAGNOSTICS locked = ROW_COUNT;
    END IF;
    RETURN locked;
END $$;

-- Confirms the holds of the lines that became orders: their codes are held no more. How many. All at once,
-- looked up by key and changed by place: the rows are held. QG008: lines have not the codes of their holds, and
-- then nothing of the commit took place.
CREATE FUNCTION confirm_holds(
    p_lines integer[], p_partner bigint[], p_id bigint[], p_hold bigint[], p_late boolean[], p_pool bigint[], p_quantity integer[],
    p_first integer[], a_seq bigint[], p_now timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    confirmed bigint;
    wanted    bigint;
    codes     bigint;
BEGIN
    PERFORM pass_hold_units(p_lines, p_partner, p_id, p_hold, p_late);
    UPDATE hold h SET state = CASE WHEN h.state = 'expired' OR h.expires_at <= p_now THEN 'late_confirmed' ELSE 'confirmed' END,
                      order_id = l.order_id, updated_at = p_now
    FROM (SELECT x.place, p_partner[i] AS partner_id, p_id[i] AS order_id FROM unnest(p_lines) AS i
          CROSS JOIN LATERAL (SELECT y.ctid AS place FROM hold y WHERE y.partner_id = p_partner[i] AND y.id = p_hold[i] LIMIT 1) AS x
          WHERE p_hold[i] IS NOT NULL) AS l
    WHERE h.ctid = l.place AND h.partner_id = l.partner_id;
    GET DIAGNOSTICS confirmed = ROW_COUNT;
    SELECT sum(p_quantity[i]) INTO wanted FROM unnest(p_lines) AS i WHERE p_hold[i] IS NOT NULL AND NOT p_late[i] AND p_pool[i] IS NOT NULL;
    IF wanted > 0 THEN
        DELETE FROM held_code c
        USING (SELECT x.place, p_pool[i] AS pool_id FROM unnest(p_lines) AS i
               CROSS JOIN LATERAL generate_series(p_first[i], p_first[i] + p_quantity[i] - 1) AS k
               CROSS JOIN LATERAL (SELECT y.ctid AS place FROM held_code y
                                   WHERE y.pool_id = p_pool[i] AND y.seq = a_seq[k] AND y.hold_id = p_hold[i] LIMIT 1) AS x
               WHERE p_hold[i] IS NOT NULL AND NOT p_late[i] AND p_pool[i] IS NOT NULL) AS l
        WHERE c.ctid = l.place AND c.pool_id = l.pool_id;
        GET DIAGNOSTICS codes = ROW_COUNT;
        IF codes <> wanted THEN
            RAISE EXCEPTION 'of % codes of % holds % are held', wanted, confirmed, codes USING ERRCODE = 'QG008';
        END IF;
    END IF;
    RETURN confirmed;
END $$;

-- Refuses a hold that was confirmed late and found nothing: the partner is told that money is to be
-- given back. Whether it was so: somebody else may have ended it otherwise.
CREATE FUNCTION refuse_late(p_partner bigint, p_id bigint, p_sku text, p_url text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    UPDATE hold h SET state = 'late_refused', updated_at = now()
    WHERE h.partner_id = p_partner AND h.id = p_id AND h.state = 'expired'
    RETURNING h.id, h.out_hold_no, h.quantity, h.amount, h.currency, h.state, h.expires_at, h.created_at, h.updated_at INTO one;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell_partner(p_partner, 'hold.late', jsonb_build_object(
        'hold_no', one.id::text, 'out_hold_no', one.out_hold_no, 'sku', p_sku,
        'quantity', one.quantity, 'amount', one.amount, 'currency', one.currency, 'state', one.state, 'refund_due', true,
        'expires_at', json_time(one.expires_at), 'created_at', json_time(one.created_at), 'updated_at', json_time(one.updated_at)), p_url);
    RETURN true;
END $$;
