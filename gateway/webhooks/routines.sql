-- Partners with pending messages: one step of the index each, however many messages wait.
CREATE FUNCTION partners_waiting() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE waiting AS (
        (SELECT w.partner_id FROM webhook w WHERE w.state = 'pending' ORDER BY w.partner_id LIMIT 1)
        UNION ALL
        SELECT (SELECT w.partner_id FROM webhook w WHERE w.state = 'pending' AND w.partner_id > waiting.partner_id
                ORDER BY w.partner_id LIMIT 1)
        FROM waiting WHERE waiting.partner_id IS NOT NULL)
    SELECT partner_id FROM waiting WHERE partner_id IS NOT NULL
$$;

-- Messages by state, each counted up to p_most: steps of an index, of no more entries than that. The
-- age of the oldest that is due is exact: one step for each partner.
CREATE FUNCTION webhook_backlog(p_most integer, OUT due bigint, OUT later bigint, OUT dead bigint, OUT oldest_due_s double precision)
LANGUAGE sql STABLE AS $$
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM partners_waiting() AS p (partner_id) CROSS JOIN LATERAL (
                SELECT FROM webhook w WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.next_attempt_at <= now()
                ORDER BY w.next_attempt_at LIMIT p_most) AS x LIMIT p_most) AS counted),
        (SELECT count(*) FROM (
            SELECT FROM partners_waiting() AS p (partner_id) CROSS JOIN LATERAL (
                SELECT FROM webhook w WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.next_attempt_at > now()
                ORDER BY w.next_attempt_at LIMIT p_most) AS x LIMIT p_most) AS counted),
        (SELECT count(*) FROM (
            SELECT FROM webhook w WHERE w.state = 'dead' ORDER BY w.partner_id, w.id LIMIT p_most) AS counted),
        (SELECT coalesce(greatest(extract(epoch FROM now() - min(first.at)), 0), 0)::double precision
         FROM partners_waiting() AS p (partner_id) CROSS JOIN LATERAL (
             SELECT w.next_attempt_at AS at FROM webhook w WHERE w.partner_id = p.partner_id AND w.state = 'pending'
             ORDER BY w.next_attempt_at LIMIT 1) AS first)
$$;

-- Due messages, at most p_chunk of each partner but those p_full; they are the caller's for
-- p_hold_s. A later event of an order waits until the earlier one was attempted. What was just
-- inserted is in the memory of the worker whose slot made the id: the caller takes its own unless
-- p_in_memory has it, and others' when they are older than any hand-over or their worker is gone.
CREATE FUNCTION take_webhooks(
    p_owner uuid, p_slot integer, p_in_memory bigint[], p_full bigint[], p_chunk integer, p_hold_s double precision
) RETURNS TABLE (id bigint, partner_id bigint, order_id bigint, type text, sequence integer, url text, to_endpoint boolean,
                 body bytea, attempts integer, created_at timestamptz, replays integer)
LANGUAGE sql AS $$
    WITH due AS MATERIALIZED (
        SELECT x.id FROM partners_waiting() AS p (partner_id)
        CROSS JOIN LATERAL (
            SELECT w.id FROM webhook w
            WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.next_attempt_at <= now()
              AND (w.sequence < 2 OR NOT EXISTS (
                  SELECT FROM webhook earlier WHERE earlier.order_id = w.order_id AND earlier.sequence < w.sequence
                    AND earlier.state NOT IN ('delivered', 'dead') AND earlier.attempts = 0))
              AND (w.owner IS NOT NULL OR w.attempts > 0
                   OR CASE WHEN (w.id >> 12) & 1023 = p_slot THEN w.id NOT IN (SELECT unnest(p_in_memory))  -- hashed
                           ELSE w.created_at < now() - interval '5 seconds' OR NOT EXISTS (
                               SELECT FROM worker k WHERE k.slot = (w.id >> 12) & 1023 AND k.started_at <= w.created_at) END)
            ORDER BY w.next_attempt_at LIMIT p_chunk FOR NO KEY UPDATE SKIP LOCKED) AS x
        WHERE p.partner_id <> ALL (p_full)
    ), taken AS (
        UPDATE webhook t SET owner = p_owner, next_attempt_at = now() + make_interval(secs => p_hold_s)
        WHERE t.id = ANY (ARRAY(SELECT due.id FROM due))
        RETURNING t.*)
    SELECT t.id, t.partner_id, t.order_id, t.type, t.sequence, coalesce(t.url, endpoint.url), t.url IS NULL,
           t.body, t.attempts, t.created_at, coalesce(t.replays, 0)
    FROM taken t LEFT JOIN LATERAL (
        SELECT e.url FROM webhook_endpoint e WHERE e.partner_id = t.partner_id AND e.disabled_at IS NULL LIMIT 1) AS endpoint ON true
$$;

-- Claims of workers that are gone are due at once.
CREATE FUNCTION recover_webhooks(p_hold_s double precision) RETURNS void LANGUAGE sql AS $$
    UPDATE webhook t SET next_attempt_at = now()
    WHERE t.id = ANY (ARRAY(
        SELECT abandoned.id FROM partners_waiting() AS p (partner_id)
        CROSS JOIN LATERAL (
            SELECT w.id FROM webhook w
            WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.owner IS NOT NULL
              AND w.next_attempt_at > now() AND w.next_attempt_at <= now() + make_interval(secs => p_hold_s)
              AND NOT EXISTS (SELECT FROM worker k WHERE k.worker_id = w.owner)
            ORDER BY w.next_attempt_at LIMIT 10000) AS abandoned))
$$;

-- Messages the caller has just made, with their orders; nobody claims them. One that has to wait
-- for an earlier event of its order, or was asked for again already, is left to polling.
CREATE FUNCTION made_webhooks(p_id bigint[]) RETURNS TABLE (
    webhook_id bigint, type text, sequence integer, url text, made_at timestamptz,
    partner_id bigint, id bigint, out_order_no text, content_hash bytea, sku_id bigint, quantity integer, amount bigint,
    state text, delivered_quantity integer, pool_id bigint, seqs bigint[], account text, metadata text, failure text,
    refunded bigint, replaced integer, created_at timestamptz, updated_at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT w.id, w.type, w.sequence, w.url, w.created_at,
           o.partner_id, o.id, o.out_order_no, o.content_hash, o.sku_id, o.quantity, o.amount, o.state, o.delivered_quantity,
           o.pool_id, coalesce(o.current_seqs, o.seqs) AS seqs, coalesce(o.recipient, o.account) AS account, o.metadata, o.failure,
       o.refunded, coalesce(o.replaced, 0) AS replaced, o.created_at, o.updated_at
    FROM unnest(p_id) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM webhook x WHERE x.id = wanted.id LIMIT 1) AS w
    CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = w.partner_id
                        AND x.id BETWEEN w.order_id AND w.order_id ORDER BY x.id LIMIT 1) AS o
    WHERE w.state = 'pending' AND w.attempts = 0 AND w.owner IS NULL AND w.replays IS NULL
      AND (w.sequence < 2 OR NOT EXISTS (
          SELECT FROM webhook earlier WHERE earlier.order_id = w.order_id AND earlier.sequence < w.sequence
            AND earlier.state NOT IN ('delivered', 'dead') AND earlier.attempts = 0));
END $$;

-- Pending messages in id order, and where their rows are; of those only that were not replayed since their
-- attempts began. A success counts although somebody else has tried meanwhile.
CREATE TYPE held_webhook AS (line integer, place tid, id bigint, partner_id bigint);

CREATE FUNCTION find_webhooks(p_id bigint[], p_replays integer[], p_attempts integer[], p_state text[]) RETURNS held_webhook[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, w.ctid, w.id, w.partner_id)::held_webhook
        FROM (SELECT * FROM unnest(p_id) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM webhook x WHERE x.id = u.id LIMIT 1) AS w
        WHERE w.state = 'pending' AND coalesce(w.replays, 0) = p_replays[u.line]
          AND (w.attempts = p_attempts[u.line] OR p_state[u.line] = 'delivered'));
END $$;

-- The same of those that nobody else has locked, locked; whether they still are as they have to be, the update says.
CREATE FUNCTION lock_webhooks(p_id bigint[]) RETURNS held_webhook[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, w.ctid, w.id, w.partner_id)::held_webhook
        FROM (SELECT * FROM unnest(p_id) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM webhook x WHERE x.id = u.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS w);
END $$;

-- Writes outcomes into rows that were found, if they are still as they have to be. What was written.
CREATE TYPE recorded_webhook AS (line integer, partner_id bigint, to_endpoint boolean, state text, tried integer, gone text);

CREATE FUNCTION record_found(
    p_found held_webhook[], p_replays integer[], p_attempts integer[], p_tried integer[], p_state text[], p_status integer[],
    p_error text[], p_delay_s double precision[], p_body bytea[], p_gone text[]
) RETURNS recorded_webhook[] LANGUAGE plpgsql AS $$
DECLARE
    recorded recorded_webhook[];
BEGIN
    WITH written AS (
        UPDATE webhook w SET
            state = p_state[h.line], attempts = w.attempts + p_tried[h.line],
            last_status = CASE p_tried[h.line] WHEN 1 THEN p_status[h.line] ELSE w.last_status END,
            last_error = p_error[h.line], owner = NULL,
            next_attempt_at = now() + make_interval(secs => p_delay_s[h.line]), body = coalesce(w.body, p_body[h.line])
        FROM (SELECT * FROM unnest(p_found) LIMIT cardinality(p_found)) AS h  -- LIMIT: as in dispatch
        WHERE w.ctid = h.place AND w.partner_id = h.partner_id AND w.id = h.id
          AND w.state NOT IN ('delivered', 'dead') AND coalesce(w.replays, 0) = p_replays[h.line]
          AND (w.attempts = p_attempts[h.line] OR p_state[h.line] = 'delivered')
        RETURNING h.line, w.partner_id, w.url IS NULL AS to_endpoint, w.state, p_tried[h.line] AS tried, p_gone[h.line] AS gone)
    SELECT array_agg((line, partner_id, to_endpoint, state, tried, gone)::recorded_webhook) INTO recorded FROM written;
    RETURN coalesce(recorded, '{}');
END $$;

-- Applies the outcomes of attempts. Nothing is locked before: what an outcome depends on is looked at by the
-- update itself; only what was changed since it was found is looked at again, under a lock that is not waited for
-- (others are held by now). What somebody has locked is not recorded, and due again. p_gone: the address that
-- wants no more; only an endpoint that is still there is disabled for it. Rows are found by ctid.
CREATE FUNCTION record_webhooks(
    p_id bigint[], p_replays integer[], p_attempts integer[], p_tried integer[], p_state text[], p_status integer[], p_error text[],
    p_delay_s double precision[], p_body bytea[], p_gone text[], p_patience_s double precision
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    recorded recorded_webhook[] := record_found(find_webhooks(p_id, p_replays, p_attempts, p_state),
        p_replays, p_attempts, p_tried, p_state, p_status, p_error, p_delay_s, p_body, p_gone);
    left_over bigint[];
    good bigint[];
    bad bigint[];
    gone text[];  -- partner and address
    hopeless bigint[];
BEGIN
    IF cardinality(recorded) < cardinality(p_id) THEN
        left_over := ARRAY(SELECT CASE WHEN u.line <> ALL (ARRAY(SELECT r.line FROM unnest(recorded) AS r)) THEN u.id END
                           FROM unnest(p_id) WITH ORDINALITY AS u (id, line) ORDER BY u.line);
        recorded := recorded || record_found(lock_webhooks(left_over),
            p_replays, p_attempts, p_tried, p_state, p_status, p_error, p_delay_s, p_body, p_gone);
    END IF;
    SELECT array_agg(DISTINCT partner_id ORDER BY partner_id) FILTER (WHERE state = 'delivered'),
           array_agg(DISTINCT partner_id ORDER BY partner_id) FILTER (WHERE state <> 'delivered' AND tried = 1),
           array_agg(DISTINCT partner_id || ' ' || s.gone) FILTER (WHERE s.gone IS NOT NULL)
    INTO good, bad, gone FROM unnest(recorded) AS s WHERE to_endpoint;

    IF EXISTS (SELECT FROM webhook_endpoint WHERE partner_id = ANY (good) AND failing_since IS NOT NULL) THEN
        UPDATE webhook_endpoint SET failing_since = NULL WHERE partner_id = ANY (good) AND failing_since IS NOT NULL;
    END IF;
    IF bad IS NULL THEN
        RETURN;
    END IF;
    UPDATE webhook_endpoint SET failing_since = now()
    WHERE partner_id = ANY (bad) AND failing_since IS NULL AND partner_id <> ALL (coalesce(good, '{}'));
    SELECT array_agg(partner_id) INTO hopeless FROM webhook_endpoint
    WHERE partner_id = ANY (bad) AND disabled_at IS NULL
      AND (partner_id || ' ' || url = ANY (gone) OR failing_since < now() - make_interval(secs => p_patience_s));
    IF hopeless IS NOT NULL THEN
        UPDATE webhook_endpoint SET disabled_at = now(), disabled_why = CASE
            WHEN partner_id || ' ' || url = ANY (gone) THEN 'it answered 410 Gone'
            ELSE format('every attempt failed since %s', to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END
        WHERE partner_id = ANY (hopeless);
    END IF;
END $$;

-- The webhook order.delivered of the lines of a commit that want one and have their codes. How many.
CREATE FUNCTION announce_delivered(
    p_lines integer[], p_partner bigint[], p_id bigint[], p_pool bigint[], p_webhook boolean[], p_url text[], p_now timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
    SELECT p_id[i], p_partner[i], p_id[i], 'order.delivered', 1, p_url[i], p_now
    FROM unnest(p_lines) AS i WHERE p_webhook[i] AND p_pool[i] IS NOT NULL;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- A moment as JSON has it everywhere here: RFC 3339, UTC.
CREATE FUNCTION json_time(p_moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(p_moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- A webhook about something that is no order: to p_url, else to the partner's endpoint if there is one.
CREATE FUNCTION tell_partner(p_partner bigint, p_type text, p_data jsonb, p_url text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO webhook (partner_id, type, sequence, url, body, next_attempt_at)
    SELECT p_partner, p_type, 0, p_url, convert_to(jsonb_build_object(
               'type', p_type, 'sequence', 0, 'timestamp', json_time(now()), 'data', p_data)::text, 'UTF8'), now()
    WHERE p_url IS NOT NULL OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.partner_id = p_partner AND e.disabled_at IS NULL);
END $$;

-- What is told of an order of the sandbox, now and later: its messages are all made with it, each due at
-- its moment; to p_url, else to the partner's endpoint if there is one. How many.
CREATE FUNCTION tell_of_sandbox(p_partner bigint, p_order bigint, p_id bigint[], p_type text[], p_body bytea[], p_due timestamptz[], p_url text)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, body, next_attempt_at, sandbox)
    SELECT p_id[i], p_partner, p_order, p_type[i], i, p_url, p_body[i], p_due[i], true
    FROM generate_subscripts(p_id, 1) AS i
    WHERE p_url IS NOT NULL OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.partner_id = p_partner AND e.disabled_at IS NULL);
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- What was to be told of an order of the sandbox was not to be: this is, now. How many.
CREATE FUNCTION retell_of_sandbox(p_partner bigint, p_order bigint, p_type text, p_body bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    told bigint;
BEGIN
    UPDATE webhook w SET type = p_type, body = p_body, next_attempt_at = now()
    WHERE w.order_id = p_order AND w.partner_id = p_partner AND w.sandbox AND w.state = 'pending' AND w.attempts = 0;
    GET DIAGNOSTICS told = ROW_COUNT;
    RETURN told;
END $$;

-- A step of forgetting messages that are delivered or given up from before p_cutoff; see health/routines.sql.
CREATE FUNCTION forget_webhooks(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE sql AS $$
    WITH step AS (SELECT w.id, w.created_at < p_cutoff AS old, w.state FROM public.webhook w WHERE w.id > p_after ORDER BY w.id LIMIT p_rows),
         gone AS (DELETE FROM public.webhook w USING step s WHERE w.id = s.id AND s.old AND s.state IN ('delivered', 'dead') RETURNING 1)
    SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) FROM step s
$$;

-- A webhook about an order that nothing upstream brought about: to p_url, else to the partner's endpoint if there is one.
CREATE FUNCTION tell_order(p_partner bigint, p_order bigint, p_type text, p_url text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_url IS NOT NULL OR EXISTS (SELECT FROM webhook_endpoint e WHERE e.partner_id = p_partner AND e.disabled_at IS NULL) THEN
        INSERT INTO webhook (partner_id, order_id, type, sequence, url, next_attempt_at)
        VALUES (p_partner, p_order, p_type, next_event(p_partner, p_order), p_url, now());
    END IF;
END $$;
