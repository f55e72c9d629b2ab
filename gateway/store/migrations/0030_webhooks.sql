-- Webhooks on their way: fair taking, claims, settling in groups, rotated secrets.

-- Who sends it now. Then next_attempt_at is when others may take it over.
ALTER TABLE webhook ADD COLUMN owner uuid;
-- Dead entries of this index are in the way of every poll.
ALTER TABLE webhook SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
CREATE INDEX webhook_waiting ON webhook (partner_id, next_attempt_at) WHERE state = 'pending';
DROP INDEX webhook_due;

-- "NOT IN ('delivered', 'dead')" instead of "= 'pending'" keeps that index out of plans that look
-- rows up by id or order: with statistics from before a backlog it would seem to be tiny.

-- While a secret is rotated the old one signs too.
ALTER TABLE partner ADD COLUMN webhook_secret_old bytea, ADD COLUMN webhook_secret_old_until timestamptz;

-- failing_since changes often and concerns nobody.
DROP TRIGGER announce ON webhook_endpoint;
CREATE TRIGGER announce AFTER INSERT OR DELETE OR UPDATE OF url, disabled_at ON webhook_endpoint
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

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

-- Due messages, at most p_chunk of each partner but those p_full; they are the caller's for
-- p_hold_s. A later event of an order waits until the earlier one was attempted. What was just
-- inserted is in the memory of the worker whose slot made the id: the caller takes its own unless
-- p_in_memory has it, and others' when they are older than any hand-over or their worker is gone.
CREATE FUNCTION take_webhooks(
    p_owner uuid, p_slot integer, p_in_memory bigint[], p_full bigint[], p_chunk integer, p_hold_s double precision
) RETURNS TABLE (id bigint, partner_id bigint, order_id bigint, type text, sequence integer, url text, to_endpoint boolean,
                 body bytea, attempts integer, created_at timestamptz)
LANGUAGE sql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH due AS MATERIALIZED (
        SELECT x.id FROM partners_waiting() AS p (partner_id)
        CROSS JOIN LATERAL (
            SELECT w.id FROM webhook w
            WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.next_attempt_at <= now()
              AND (w.sequence < 2 OR NOT EXISTS (
                  SELECT FROM webhook earlier WHERE earlier.order_id = w.order_id AND earlier.sequence < w.sequence
                    AND earlier.state NOT IN ('delivered', 'dead') AND earlier.attempts = 0))
              AND (w.owner IS NOT NULL OR w.attempts > 0
                   OR CASE WHEN (w.id >> 12) & 1023 = p_slot THEN w.id <> ALL (p_in_memory)
                           ELSE w.created_at < now() - interval '5 seconds' OR NOT EXISTS (
                               SELECT FROM worker k WHERE k.slot = (w.id >> 12) & 1023 AND k.started_at <= w.created_at) END)
            ORDER BY w.next_attempt_at LIMIT p_chunk FOR NO KEY UPDATE SKIP LOCKED) AS x
        WHERE p.partner_id <> ALL (p_full))
    UPDATE webhook t SET owner = p_owner, next_attempt_at = now() + make_interval(secs => p_hold_s)
    FROM due LEFT JOIN LATERAL (
        SELECT e.url FROM webhook m JOIN webhook_endpoint e ON e.partner_id = m.partner_id
        WHERE m.id = due.id AND e.disabled_at IS NULL) AS endpoint ON true
    WHERE t.id = due.id
    RETURNING t.id, t.partner_id, t.order_id, t.type, t.sequence, coalesce(t.url, endpoint.url), t.url IS NULL,
              t.body, t.attempts, t.created_at
$$;

-- Claims of workers that are gone are due at once.
CREATE FUNCTION recover_webhooks(p_hold_s double precision) RETURNS void LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    UPDATE webhook t SET next_attempt_at = now()
    FROM partners_waiting() AS p (partner_id)
    CROSS JOIN LATERAL (
        SELECT w.id FROM webhook w
        WHERE w.partner_id = p.partner_id AND w.state = 'pending' AND w.owner IS NOT NULL
          AND w.next_attempt_at > now() AND w.next_attempt_at <= now() + make_interval(secs => p_hold_s)
          AND NOT EXISTS (SELECT FROM worker k WHERE k.worker_id = w.owner)
        ORDER BY w.next_attempt_at LIMIT 10000) AS abandoned
    WHERE t.id = abandoned.id
$$;

-- Applies the outcomes of attempts. A failure does not undo a replay that was asked for
-- meanwhile (it sets attempts to 0). p_gone: the endpoint wants no more.
CREATE FUNCTION settle_webhooks(
    p_id bigint[], p_attempts integer[], p_tried integer[], p_state text[], p_status integer[], p_error text[],
    p_delay_s double precision[], p_body bytea[], p_gone boolean[], p_patience_s double precision
) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    good bigint[];
    bad bigint[];
    gone bigint[];
    hopeless bigint[];
BEGIN
    PERFORM FROM webhook WHERE id = ANY (p_id) ORDER BY id FOR NO KEY UPDATE;
    -- LIMIT keeps the conditions apart from the join, whatever statistics say of them.
    WITH held AS MATERIALIZED (
        SELECT u.* FROM unnest(p_id, p_attempts, p_tried, p_state, p_status, p_error, p_delay_s, p_body, p_gone)
             AS u (id, attempts, tried, state, status, error, delay_s, body, gone)
        CROSS JOIN LATERAL (SELECT x.state, x.attempts FROM webhook x WHERE x.id = u.id LIMIT 1) AS w
        WHERE w.state = 'pending' AND (w.attempts = u.attempts OR u.state = 'delivered')),
    settled AS (
        UPDATE webhook w SET
            state = u.state, attempts = w.attempts + u.tried, last_status = CASE u.tried WHEN 1 THEN u.status ELSE w.last_status END, last_error = u.error, owner = NULL,
            next_attempt_at = now() + make_interval(secs => u.delay_s), body = coalesce(w.body, u.body)
        FROM held u WHERE w.id = u.id
        RETURNING w.partner_id, w.state, u.tried, u.gone, w.url)
    SELECT array_agg(DISTINCT partner_id ORDER BY partner_id) FILTER (WHERE state = 'delivered'),
           array_agg(DISTINCT partner_id ORDER BY partner_id) FILTER (WHERE state <> 'delivered' AND tried = 1),
           array_agg(DISTINCT partner_id ORDER BY partner_id) FILTER (WHERE s.gone)
    INTO good, bad, gone FROM settled s WHERE url IS NULL;

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
      AND (partner_id = ANY (gone) OR failing_since < now() - make_interval(secs => p_patience_s));
    IF hopeless IS NOT NULL THEN
        UPDATE webhook_endpoint SET disabled_at = now(), disabled_why = CASE
            WHEN partner_id = ANY (gone) THEN 'it answered 410 Gone'
            ELSE format('every attempt failed since %s', to_char(failing_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END
        WHERE partner_id = ANY (hopeless);
    END IF;
END $$;
