-- Marks that these may have been executed from now on; which of them may be sent. p_sends: the
-- counts the caller knows. p_doubted: the answer to the same mark was lost. One that is missing
-- from the answer was cancelled, or sent by somebody else.
--
-- What the mark depends on is looked at by the update itself, so nothing is locked before, which is a record of
-- the log for each. What was changed since it was found is another row by then, and is looked at again, under a
-- lock that is not waited for: others are held by now. What somebody has locked is not marked, and stays due.
CREATE FUNCTION mark_sent(p_id bigint[], p_sends integer[], p_doubted boolean[], p_owner uuid) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    marked bigint[] := mark_found(find_attempts(p_id), p_sends, p_doubted, p_owner);
    left_over bigint[];
BEGIN
    IF cardinality(marked) < cardinality(p_id) THEN
        left_over := ARRAY(SELECT CASE WHEN u.id <> ALL (marked) THEN u.id END FROM unnest(p_id) WITH ORDINALITY AS u (id, line) ORDER BY u.line);
        marked := marked || mark_found(lock_attempts(left_over), p_sends, p_doubted, p_owner);
    END IF;
    RETURN marked;
END $$;

CREATE FUNCTION mark_found(p_found held_attempt[], p_sends integer[], p_doubted boolean[], p_owner uuid) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    marked bigint[];
BEGIN
    WITH sent AS (
        UPDATE attempt a SET sent_at = now(), owner = p_owner, sends = p_sends[h.line] + 1
        FROM (SELECT * FROM unnest(p_found) LIMIT cardinality(p_found)) AS h  -- by place: see settle
        WHERE a.ctid = h.place AND a.partner_id = h.partner_id AND a.id = h.id AND a.state IN ('created', 'accepted', 'uncertain')
          AND (a.sends = p_sends[h.line] OR (p_doubted[h.line] AND a.sends = p_sends[h.line] + 1 AND a.owner = p_owner))
        RETURNING a.id)
    SELECT array_agg(id) INTO marked FROM sent;
    RETURN coalesce(marked, '{}');
END $$;

-- Nothing was sent under these after all: their first send did not leave us.
CREATE FUNCTION mark_unsent(p_id bigint[], p_sends integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held held_attempt[] := hold_attempts(p_id);
BEGIN
    UPDATE attempt a SET sent_at = NULL
    FROM (SELECT * FROM unnest(held) LIMIT cardinality(held)) AS h  -- by place: see settle
    WHERE a.ctid = h.place AND a.partner_id = h.partner_id AND h.state = 'created' AND a.sends = p_sends[h.line];
END $$;

-- What upstreams call attempts, and what they cost there, where nothing is known of it yet. How many.
CREATE FUNCTION keep_numbers(p_id bigint[], p_upstream_no text[], p_cost bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    held held_attempt[] := hold_attempts(p_id);
    kept bigint;
BEGIN
    UPDATE attempt a SET upstream_no = coalesce(a.upstream_no, p_upstream_no[h.line]), cost = coalesce(a.cost, p_cost[h.line])
    FROM (SELECT * FROM unnest(held) LIMIT cardinality(held)) AS h  -- by place: see settle
    WHERE a.ctid = h.place AND a.partner_id = h.partner_id
      AND (a.upstream_no IS NULL AND p_upstream_no[h.line] IS NOT NULL OR a.cost IS NULL AND p_cost[h.line] IS NOT NULL);
    GET DIAGNOSTICS kept = ROW_COUNT;
    RETURN kept;
END $$;

-- An attempt with what its order adds; gateway/dispatch/attempt_record.py. `unsent`: sent_at is
-- committed before a byte leaves, so nothing was sent.
CREATE TYPE attempt_record AS (
    id bigint, partner_id bigint, order_id bigint, upstream_id bigint, product_id text, account text, quantity integer,
    cost_max bigint, face_value bigint, cost bigint, state text, upstream_no text, queries integer, not_found integer, sends integer,
    age_s double precision, order_age_s double precision, unsent boolean, sku_id bigint, amount bigint, succeeded_before boolean
);

-- Attempts by id; unknown ids are missing.
CREATE FUNCTION read_attempts(p_id bigint[]) RETURNS SETOF attempt_record LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT a.id, a.partner_id, a.order_id, a.upstream_id, a.product_id, a.account, a.quantity, a.cost_max, a.face_value, a.cost,
           a.state, a.upstream_no, a.queries, a.not_found, a.sends,
           extract(epoch FROM now() - coalesce(a.sent_at, a.created_at))::float8, extract(epoch FROM now() - o.created_at)::float8,
           a.state = 'created' AND a.sent_at IS NULL, o.sku_id, o.amount, a.state IN ('succeeded', 'partial')
    FROM unnest(p_id) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM attempt x WHERE x.id = wanted.id LIMIT 1) AS a
    CROSS JOIN LATERAL (SELECT * FROM orders x WHERE x.partner_id = a.partner_id
                        AND x.id BETWEEN a.order_id AND a.order_id ORDER BY x.id LIMIT 1) AS o;  -- by the key: see judge_turn
END $$;

-- Attempts that are due, the caller's for p_hold_s. A created one of another living worker is in
-- that worker's memory. p_orphans: instead what dead workers had created or were asking after,
-- due or not.
CREATE FUNCTION take_due(p_owner uuid, p_limit integer, p_hold_s double precision, p_orphans boolean)
RETURNS SETOF attempt_record LANGUAGE plpgsql AS $$
DECLARE
    living uuid[] := ARRAY(SELECT worker_id FROM worker WHERE expires_at > now());
    taken  bigint[];
BEGIN
    IF p_orphans THEN
        taken := ARRAY(SELECT x.id FROM attempt x
                       WHERE x.next_check_at IS NOT NULL AND x.state IN ('created', 'uncertain') AND x.owner <> ALL (living)
                       ORDER BY x.next_check_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    ELSE
        taken := ARRAY(SELECT x.id FROM attempt x
                       WHERE x.next_check_at <= now()
                         AND (x.state <> 'created' OR x.owner IS NULL OR x.owner = p_owner OR x.owner <> ALL (living))
                       ORDER BY x.next_check_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    IF taken <> '{}' THEN
        UPDATE attempt SET owner = p_owner, next_check_at = now() + make_interval(secs => p_hold_s) WHERE id = ANY (taken);
        RETURN QUERY SELECT * FROM read_attempts(taken);
    END IF;
END $$;

-- Cancels an order of which nothing was sent upstream; false: too late, nothing changed.
CREATE FUNCTION cancel_order(p_partner bigint, p_order bigint, p_webhook bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    unsent bigint;
    news   attempt_news;
BEGIN
    SELECT id INTO unsent FROM attempt
    WHERE order_id = p_order AND partner_id = p_partner AND state = 'created' AND sent_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    news.attempt := unsent;
    news.news := 'rejected';
    news.webhook := p_webhook;
    news.code := 'cancelled';
    news.message := 'cancelled before anything was sent';
    RETURN (settle(ARRAY[news], NULL))[1] = 'applied';
END $$;

-- The first attempts of the lines of a commit that go upstream. How many. The owner has them in
-- memory: nobody need look for them at once.
CREATE FUNCTION plan_attempts(
    p_lines integer[], p_partner bigint[], p_id bigint[], p_account text[], p_quantity integer[],
    p_attempt bigint[], p_upstream bigint[], p_product text[], p_cost_max bigint[], p_face bigint[], p_owner uuid, p_now timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                         state, next_check_at, owner)
    SELECT p_attempt[i], p_partner[i], p_id[i], p_upstream[i], p_product[i], coalesce(p_account[i], ''), p_quantity[i],
           p_cost_max[i], p_face[i], 'created', p_now + interval '5 s', p_owner
    FROM unnest(p_lines) AS i WHERE p_attempt[i] IS NOT NULL;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- A shop was restored: of what was not sent at that moment nobody knows any more whether it was sent since.
-- It is asked after, as whatever was sent without an answer. How many.
CREATE FUNCTION doubt_unsent() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    doubted bigint;
BEGIN
    UPDATE attempt SET sent_at = created_at, sends = greatest(sends, 1) WHERE state = 'created' AND sent_at IS NULL;
    GET DIAGNOSTICS doubted = ROW_COUNT;
    RETURN doubted;
END $$;

-- Keeps callbacks, or counts those that are there. Nearly all are new: they are inserted as such, and only if
-- one is there already each is looked for. Both in the order given, so that two calls never wait in a circle.
CREATE FUNCTION keep_callbacks(
    p_upstream bigint[], p_attempt bigint[], p_verdict text[], p_hint text[], p_body bytea[], p_digest bytea[], p_size integer[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO callback (upstream_id, attempt_id, verdict, hint, body, digest, size)
    SELECT * FROM unnest(p_upstream, p_attempt, p_verdict, p_hint, p_body, p_digest, p_size);
EXCEPTION WHEN unique_violation THEN
    INSERT INTO callback AS known (upstream_id, attempt_id, verdict, hint, body, digest, size)
    SELECT * FROM unnest(p_upstream, p_attempt, p_verdict, p_hint, p_body, p_digest, p_size)
    ON CONFLICT (upstream_id, coalesce(attempt_id, 0), digest) WHERE digest IS NOT NULL
    DO UPDATE SET times = known.times + excluded.times, last_at = excluded.received_at;
END $$;

-- A step of forgetting callbacks from before p_cutoff; see health/routines.sql.
CREATE FUNCTION forget_callbacks(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE sql AS $$
    WITH step AS (SELECT c.id, coalesce(c.last_at, c.received_at) < p_cutoff AS old FROM public.callback c WHERE c.id > p_after ORDER BY c.id LIMIT p_rows),
         gone AS (DELETE FROM public.callback c USING step s WHERE c.id = s.id AND s.old RETURNING 1)
    SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) FROM step s
$$;

-- Another recipient for an order of which nothing was sent: its attempt is closed, and another one to the same
-- product takes its place; whoever has the first in memory may not send it any more (mark_sent). False: too
-- late, nothing changed.
CREATE FUNCTION readdress_order(p_partner bigint, p_order bigint, p_recipient text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    a attempt%ROWTYPE;
BEGIN
    SELECT * INTO a FROM attempt x
    WHERE x.order_id = p_order AND x.partner_id = p_partner AND x.state = 'created' AND x.sent_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE attempt x SET state = 'rejected', code = 'recipient-changed', next_check_at = NULL, updated_at = now()
    WHERE x.id = a.id AND x.partner_id = p_partner;
    INSERT INTO attempt (partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value, state, next_check_at)
    VALUES (p_partner, p_order, a.upstream_id, a.product_id, p_recipient, a.quantity, a.cost_max, a.face_value, 'created', now());
    PERFORM set_recipient(p_partner, p_order, p_recipient);
    RETURN true;
END $$;
