-- Cases: what partners are told of one, and how it moves. The table of states is the trigger's (case_moves).

-- A case as partners see it, in answers and webhooks alike; NULL: there is none.
CREATE FUNCTION case_told(p_partner bigint, p_case bigint) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT json_build_object(
        'case_no', c.id::text, 'out_case_no', c.out_case_no, 'order_no', c.order_id::text, 'kind', c.kind, 'state', c.state,
        'reason', c.reason, 'detail', c.detail, 'index', c.position, 'quantity', c.quantity, 'amount', c.amount, 'recipient', c.recipient,
        'outcome', c.outcome, 'answer', c.decision, 'rule', c.rule, 'refunded_amount', c.refunded, 'replaced', c.replaced,
        'deadline_at', json_time(c.deadline_at), 'created_at', json_time(c.created_at), 'updated_at', json_time(c.updated_at))
        FROM service_case c WHERE c.partner_id = p_partner AND c.id = p_case);
END $$;

-- A step of a case, and where it stands then (NULL: where it did). QG005: it does not go there.
CREATE FUNCTION step_case(
    p_partner bigint, p_case bigint, p_step text, p_to text, p_actor text, p_text text, p_rule text, p_outcome text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    stands text;
BEGIN
    UPDATE service_case c SET state = coalesce(p_to, c.state), outcome = coalesce(p_outcome, c.outcome), updated_at = now(),
        deadline_at = CASE WHEN p_to IS NULL OR p_to IN ('in_review', 'approved', 'acting', 'waiting_upstream') THEN c.deadline_at END
    WHERE c.partner_id = p_partner AND c.id = p_case RETURNING c.state INTO stands;
    INSERT INTO case_step (partner_id, case_id, no, step, actor, state, text, rule)
    SELECT p_partner, p_case, 1 + coalesce(max(s.no), 0), p_step, p_actor, stands, p_text, p_rule
    FROM case_step s WHERE s.partner_id = p_partner AND s.case_id = p_case;
END $$;

-- Tells the partner where a case stands.
CREATE FUNCTION tell_case(p_partner bigint, p_case bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_partner(p_partner, 'case.updated', case_told(p_partner, p_case)::jsonb, notify_url_of(p_partner, c.order_id))
    FROM service_case c WHERE c.partner_id = p_partner AND c.id = p_case;
END $$;

-- How many cases of a partner were ended by another code on this day of its; the day's row is the
-- caller's until its transaction ends.
CREATE FUNCTION hold_reissue_day(p_partner bigint) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    today date := (now() AT TIME ZONE zone_of(p_partner, now()))::date;
BEGIN
    INSERT INTO reissue_day (partner_id, day) VALUES (p_partner, today) ON CONFLICT DO NOTHING;
    RETURN (SELECT d.cases FROM reissue_day d WHERE d.partner_id = p_partner AND d.day = today FOR NO KEY UPDATE);
END $$;

-- Forgets cases that ended before p_cutoff and moved nothing, with their steps: after p_after in the order of their ids, p_rows at
-- most; and the days on which reissues were counted. `keep_what_explains` says what may go. Called by `forget`, as the owner.
CREATE FUNCTION forget_cases(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE plpgsql AS $$
DECLARE
    looked bigint[] := ARRAY(
        SELECT c.id FROM public.service_case c
        WHERE c.id > p_after AND (c.state IN ('refused', 'withdrawn') OR (c.state = 'resolved' AND c.kind IN ('upstream', 'question')))
        ORDER BY c.id LIMIT p_rows);
    partners bigint[];
    gone     bigint[];
BEGIN
    WITH ended AS (
        DELETE FROM public.service_case c WHERE c.id = ANY (looked) AND c.updated_at < p_cutoff AND c.refunded = 0 AND c.replaced = 0
        RETURNING c.partner_id, c.id)
    SELECT array_agg(e.partner_id), array_agg(e.id) INTO partners, gone FROM ended e;
    DELETE FROM public.case_step s USING unnest(partners, gone) AS g (partner_id, id) WHERE s.partner_id = g.partner_id AND s.case_id = g.id;
    deleted := coalesce(cardinality(gone), 0);
    last := looked[cardinality(looked)];
    more := cardinality(looked) = p_rows;
END $$;
