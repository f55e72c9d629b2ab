-- Top-ups (design D6–D9): news about attempts, what it does to orders and money, callbacks.

ALTER TABLE orders ADD COLUMN refunded bigint NOT NULL DEFAULT 0;
ALTER TABLE orders ADD CONSTRAINT orders_refunded CHECK (0 <= refunded AND refunded <= amount);
-- A partial top-up of one piece delivers part of its face: no whole piece, but not nothing.
ALTER TABLE orders DROP CONSTRAINT orders_quantity;
ALTER TABLE orders ADD CONSTRAINT orders_quantity CHECK (                    -- I2
    CASE state WHEN 'delivered' THEN delivered_quantity = quantity AND refunded = 0
               WHEN 'partial' THEN delivered_quantity < quantity AND refunded > 0
               WHEN 'failed' THEN delivered_quantity = 0 AND refunded = amount
               WHEN 'reversed' THEN refunded = amount
               ELSE delivered_quantity = 0 AND refunded = 0 END
    AND (seqs IS NULL OR cardinality(seqs) = delivered_quantity));

-- How often this number was sent or about to be. Who wants to send names the count it knows:
-- of two that both believe it is their turn, one is refused.
ALTER TABLE attempt ADD COLUMN sends integer NOT NULL DEFAULT 0;

-- What platforms told us, as received; kept to prove what was applied and why. Of a body that may
-- hold codes only the digest is kept (I12).
CREATE TABLE callback (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upstream_id  bigint NOT NULL,
    attempt_id   bigint,
    verdict      text   NOT NULL,                 -- trusted, hint, unknown-attempt
    hint         text   NOT NULL,
    body         bytea  NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now()
);
-- For people only. Attempts and what is said of them come in the same order, near enough: ranges do.
CREATE INDEX callback_attempt ON callback USING brin (attempt_id) WITH (autosummarize = on);

-- What news means for an attempt in a state. Mirrors gateway/domain/attempt.py, which tests compare it with.
CREATE FUNCTION judge_news(p_state text, p_news text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_state = p_news AND p_news <> 'created' THEN CASE WHEN p_state IN ('accepted', 'uncertain') THEN 'applied' ELSE 'repeated' END
        WHEN p_state IN ('created', 'accepted', 'uncertain') THEN 'applied'
        WHEN p_news IN ('accepted', 'uncertain', 'noted') THEN 'late'
        WHEN p_state IN ('succeeded', 'partial') AND p_news = 'reversed' THEN 'applied'
        WHEN p_state IN ('rejected', 'failed') AND p_news IN ('rejected', 'failed', 'reversed') THEN 'repeated'
        WHEN p_state = 'reversed' AND p_news IN ('succeeded', 'partial') THEN 'late'
        WHEN p_state = 'reversed' AND p_news IN ('rejected', 'failed') THEN 'repeated'
        ELSE 'parked' END
$$;

-- Where news of its live attempt moves an order in a state: the new state, NULL when it stays,
-- 'parked' for a contradiction. Mirrors gateway/domain/order.py, which tests compare it with.
CREATE FUNCTION move_order(p_state text, p_news text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_news
        WHEN 'noted' THEN NULL
        WHEN 'accepted' THEN CASE p_state WHEN 'processing' THEN NULL WHEN 'uncertain' THEN 'processing' ELSE 'parked' END
        WHEN 'uncertain' THEN CASE p_state WHEN 'uncertain' THEN NULL WHEN 'processing' THEN 'uncertain' ELSE 'parked' END
        WHEN 'succeeded' THEN CASE WHEN p_state IN ('processing', 'uncertain') THEN 'delivered' WHEN p_state <> 'delivered' THEN 'parked' END
        WHEN 'partial' THEN CASE WHEN p_state IN ('processing', 'uncertain') THEN 'partial' WHEN p_state <> 'partial' THEN 'parked' END
        WHEN 'reversed' THEN CASE WHEN p_state IN ('delivered', 'partial') THEN 'reversed' WHEN p_state <> 'reversed' THEN 'parked' END
        ELSE CASE WHEN p_state IN ('processing', 'uncertain') THEN 'failed' WHEN p_state <> 'failed' THEN 'parked' END END
$$;

-- An attempt as settle holds it: which line speaks of it, where its row is, what that says.
CREATE TYPE held_attempt AS (line integer, place tid, id bigint, partner_id bigint, order_id bigint, state text);

-- Locks attempts in id order, however long that takes, and reads them as they are then. Of an
-- unknown one there is only the line.
CREATE FUNCTION hold_attempts(p_attempt bigint[]) RETURNS held_attempt[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = on SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, a.ctid, a.id, a.partner_id, a.order_id, a.state)::held_attempt
        FROM (SELECT * FROM unnest(p_attempt) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM attempt x WHERE x.id = u.id LIMIT 1 FOR NO KEY UPDATE) AS a ON true);
END $$;

-- What a line of news does. To its attempt: `news`, if the verdict is "applied". To the order:
-- it moves to `target`; NULL: it stays, and waits for a person if there is a `contradiction`.
CREATE TYPE judged_news AS (
    line integer, verdict text, attempt_id bigint, attempt_place tid, news text,
    order_id bigint, order_place tid, order_state text, target text, refund bigint, tells boolean, contradiction text
);

-- Judges the lines whose turn it is: of several lines about one order each turn takes the next.
-- p_verdicts: those of earlier turns. `lines` has what is to be done; the others change nothing.
CREATE FUNCTION judge_turn(
    p_turn bigint, p_held held_attempt[], p_verdicts text[],
    p_news text[], p_refund bigint[], p_code text[], p_next bigint[], p_park text[],
    OUT verdicts text[], OUT turns bigint, OUT lines judged_news[], OUT moves bigint, OUT parks bigint
) LANGUAGE plpgsql SET enable_seqscan = off SET enable_indexscan = on SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    WITH met AS MATERIALIZED (
        SELECT h.*, row_number() OVER (PARTITION BY coalesce(h.order_id, -h.line) ORDER BY h.line) AS turn,
               CASE WHEN p_news[h.line] = 'reversed' AND h.state IN ('created', 'accepted', 'uncertain')
                    THEN 'failed' ELSE p_news[h.line] END AS news  -- money back before any success: it never was one
        FROM unnest(p_held) AS h
    ), judged AS MATERIALIZED (
        SELECT m.*, o.ctid AS order_place, o.state AS order_state, o.amount - o.refunded AS kept, o.details,
               CASE WHEN m.turn < p_turn THEN p_verdicts[m.line] WHEN m.id IS NULL THEN 'unknown'
                    ELSE judge_news(m.state, m.news) END AS verdict,
               -- A refused attempt that another one follows: its order goes on.
               move_order(o.state, CASE WHEN m.news IN ('rejected', 'failed') AND p_next[m.line] IS NOT NULL
                                        THEN 'accepted' ELSE m.news END) AS move
        FROM met m
        -- Whatever statistics say, LIMIT keeps this a lookup, and BETWEEN … ORDER BY keeps it to
        -- the index that gives this order: the primary key.
        LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM orders x WHERE x.partner_id = m.partner_id
                           AND x.id BETWEEN m.order_id AND m.order_id ORDER BY x.id LIMIT 1) AS o ON true
    ), done AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.verdict = 'applied' THEN nullif(j.move, 'parked') END AS target,
               CASE WHEN j.verdict = 'parked'
                    THEN format('attempt %s is %s, the upstream now says %s (%s)', j.id, j.state, j.news, coalesce(p_code[j.line], ''))
                    WHEN j.verdict = 'applied' AND j.move = 'parked'
                    THEN format('order is %s, attempt %s says %s', j.order_state, j.id, j.news) END AS contradiction
        FROM judged j
    )
    SELECT array_agg(d.verdict ORDER BY d.line), max(d.turn),
           array_agg((d.line, d.verdict, d.id, d.place, d.news, d.order_id, d.order_place, d.order_state, d.target,
                      CASE WHEN d.target IN ('failed', 'reversed') THEN d.kept WHEN d.target = 'partial' THEN p_refund[d.line] ELSE 0 END,
                      d.target <> 'processing' AND (d.details::json ->> 'notify_url' IS NOT NULL OR EXISTS (
                          SELECT FROM webhook_endpoint e WHERE e.partner_id = d.partner_id AND e.disabled_at IS NULL)),
                      d.contradiction)::judged_news)
               FILTER (WHERE d.turn = p_turn AND d.verdict IN ('applied', 'parked')),
           count(d.target) FILTER (WHERE d.turn = p_turn),
           count(*) FILTER (WHERE d.turn = p_turn AND d.verdict IN ('applied', 'parked') AND d.target IS NULL
                            AND coalesce(d.contradiction, p_park[d.line]) IS NOT NULL)
    INTO verdicts, turns, lines, moves, parks
    FROM done d;
END $$;

-- An order that did not deliver all it was paid for.
CREATE TYPE refunded_order AS (
    partner_id bigint, id bigint, attempt_id bigint, state text, refund bigint, sku_id bigint, quantity integer, buyer_id text
);

-- Applies news about attempts, in one transaction; the tables are gateway/domain/attempt.py.
--
-- p_news per line: accepted, uncertain, succeeded, partial, rejected, failed, reversed, or
-- noted (nothing is known but when to look again). Verdict per line: applied; repeated (known
-- already); late (overtaken by something final); parked (contradicts what is final: a person
-- decides, nothing changes); unknown (no such attempt). p_park: what a person has to decide
-- while the order stays as it is. Locks attempts in id order, then accounts in id order.
-- Idempotent. Error 40001: somebody else has just changed one of the orders; nothing done.
--
-- Lines are applied as a set. Rows are found by ctid, where they were read a moment ago: no index
-- is searched again, and the settings leave no plan that could read a table, whatever statistics
-- say. An order that somebody else changed since is another row: that is the error 40001.
CREATE FUNCTION settle(
    p_attempt bigint[], p_news text[], p_upstream_no text[], p_cost bigint[], p_delivered integer[], p_refund bigint[],
    p_code text[], p_message text[], p_check_s double precision[], p_queries integer[], p_not_found integer[],
    p_webhook bigint[], p_next bigint[], p_next_upstream bigint[], p_next_product text[], p_next_cost_max bigint[],
    p_owner uuid, p_pool bigint[], p_seqs text[], p_park text[]
) RETURNS text[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    held      held_attempt[];
    this_turn bigint := 1;
    verdicts  text[];
    judged    record;
    lines     judged_news[];
    moved     bigint;
    parked    bigint;
    refunded  refunded_order[];
BEGIN
    held := hold_attempts(p_attempt);
    IF p_news && ARRAY['partial', 'rejected', 'failed', 'reversed'] THEN
        PERFORM FROM account WHERE partner_id = ANY (ARRAY(
            SELECT h.partner_id FROM unnest(held) AS h WHERE p_news[h.line] IN ('partial', 'rejected', 'failed', 'reversed')))
        ORDER BY partner_id FOR NO KEY UPDATE;
    END IF;
    LOOP
        judged := judge_turn(this_turn, held, verdicts, p_news, p_refund, p_code, p_next, p_park);
        verdicts := judged.verdicts;
        lines := judged.lines;

        UPDATE attempt a SET
            state = CASE l.news WHEN 'noted' THEN a.state ELSE l.news END,
            upstream_no = coalesce(p_upstream_no[l.line], a.upstream_no), cost = coalesce(p_cost[l.line], a.cost),
            delivered_quantity = coalesce(p_delivered[l.line], a.delivered_quantity),
            code = coalesce(p_code[l.line], a.code), message = coalesce(p_message[l.line], a.message),
            queries = coalesce(p_queries[l.line], a.queries), not_found = coalesce(p_not_found[l.line], a.not_found),
            next_check_at = now() + make_interval(secs => p_check_s[l.line]), sent_at = coalesce(a.sent_at, now()), updated_at = now()
        FROM unnest(lines) AS l WHERE a.ctid = l.attempt_place AND l.verdict = 'applied';

        IF array_remove(p_next, NULL) <> '{}' THEN
            INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                                 state, next_check_at, owner)
            SELECT p_next[l.line], a.partner_id, a.order_id, p_next_upstream[l.line], p_next_product[l.line], a.account, a.quantity,
                   p_next_cost_max[l.line], a.face_value, 'created', now() + interval '5 s', p_owner
            FROM unnest(lines) AS l JOIN attempt a ON a.id = l.attempt_id
            WHERE l.verdict = 'applied' AND l.news IN ('rejected', 'failed') AND p_next[l.line] IS NOT NULL;
        END IF;
        moved := 0;
        parked := 0;
        IF judged.parks > 0 THEN
            UPDATE orders o SET parked = coalesce(l.contradiction, o.parked, p_park[l.line]),
                updated_at = CASE WHEN l.contradiction IS NULL THEN o.updated_at ELSE now() END
            FROM unnest(lines) AS l
            WHERE o.ctid = l.order_place AND o.id = l.order_id AND l.target IS NULL
              AND coalesce(l.contradiction, p_park[l.line]) IS NOT NULL;
            GET DIAGNOSTICS parked = ROW_COUNT;
        END IF;
        IF judged.moves > 0 THEN
            WITH moving AS (
                UPDATE orders o SET
                    state = l.target, refunded = o.refunded + l.refund, updated_at = now(),
                    failure = CASE WHEN l.target IN ('failed', 'partial', 'reversed') THEN json_build_object(
                        'code', coalesce(nullif(p_code[l.line], ''), l.target), 'detail', coalesce(p_message[l.line], ''))::text END,
                    delivered_quantity = CASE l.target WHEN 'delivered' THEN o.quantity WHEN 'partial' THEN coalesce(p_delivered[l.line], 0)
                                         WHEN 'reversed' THEN o.delivered_quantity ELSE 0 END,
                    parked = CASE WHEN l.target IN ('processing', 'uncertain') THEN coalesce(o.parked, p_park[l.line]) END,  -- else decided
                    pool_id = coalesce(p_pool[l.line], o.pool_id), seqs = coalesce(p_seqs[l.line]::bigint[], o.seqs),
                    last_event = o.last_event + l.tells::integer
                FROM unnest(lines) AS l
                WHERE o.ctid = l.order_place AND o.id = l.order_id AND o.state = l.order_state AND l.target IS NOT NULL
                RETURNING o.partner_id, o.id, o.sku_id, o.quantity, o.last_event, o.details,
                          l.line, l.attempt_id, l.target, l.tells, l.refund
            ), telling AS (
                INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
                SELECT p_webhook[m.line], m.partner_id, m.id, 'order.' || m.target, m.last_event, m.details::json ->> 'notify_url', now()
                FROM moving m WHERE m.tells
            )
            SELECT count(*), array_agg((m.partner_id, m.id, m.attempt_id, m.target, m.refund, m.sku_id, m.quantity,
                                        m.details::json ->> 'buyer_id')::refunded_order)
                             FILTER (WHERE m.target IN ('failed', 'partial', 'reversed'))
            INTO moved, refunded FROM moving m;
            IF refunded IS NOT NULL THEN
                PERFORM refund_orders(refunded);
            END IF;
            IF array_remove(p_pool, NULL) <> '{}' THEN
                INSERT INTO allocation (pool_id, seq, order_id)
                SELECT p_pool[l.line], s, l.order_id FROM unnest(lines) AS l, unnest(p_seqs[l.line]::bigint[]) AS s
                WHERE l.target IS NOT NULL AND p_pool[l.line] IS NOT NULL;
            END IF;
        END IF;
        IF moved <> judged.moves OR parked <> judged.parks THEN
            RAISE EXCEPTION 'an order was changed meanwhile' USING ERRCODE = '40001';
        END IF;
        EXIT WHEN this_turn = judged.turns;
        this_turn := this_turn + 1;
        held := hold_attempts(p_attempt);
    END LOOP;
    RETURN verdicts;
END $$;

-- Gives back what was not delivered: money, and for failed orders the buyer's share of a purchase
-- limit. settle holds the accounts' locks. Once per attempt and kind: entry_reference.
CREATE FUNCTION refund_orders(p_orders refunded_order[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- LEFT JOIN: a refund without an account is an error, not a line less.
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
    SELECT r.partner_id, a.last_entry + row_number() OVER w, 'refund', r.refund, a.balance + sum(r.refund) OVER w,
           r.id, format('%s:%s', r.state, r.attempt_id)
    FROM unnest(p_orders) AS r LEFT JOIN account a ON a.partner_id = r.partner_id
    WHERE r.refund <> 0
    WINDOW w AS (PARTITION BY r.partner_id ORDER BY r.attempt_id ROWS UNBOUNDED PRECEDING);

    UPDATE account a SET balance = a.balance + d.total, last_entry = a.last_entry + d.refunds
    FROM (SELECT r.partner_id, sum(r.refund) AS total, count(*) AS refunds FROM unnest(p_orders) AS r
          WHERE r.refund <> 0 GROUP BY 1) AS d
    WHERE a.partner_id = d.partner_id;

    UPDATE buyer_usage b SET used = greatest(0, b.used - d.quantity)
    FROM (SELECT r.partner_id, r.sku_id, r.buyer_id, sum(r.quantity) AS quantity FROM unnest(p_orders) AS r
          WHERE r.state = 'failed' AND r.buyer_id IS NOT NULL GROUP BY 1, 2, 3) AS d
    WHERE b.partner_id = d.partner_id AND b.sku_id = d.sku_id AND b.buyer_id = d.buyer_id;
END $$;

-- Marks that these may have been executed from now on; which of them may be sent. p_sends: the
-- counts the caller knows. p_doubted: the answer to the same mark was lost. One that is missing
-- from the answer was cancelled, or sent by somebody else.
CREATE FUNCTION mark_sent(p_id bigint[], p_sends integer[], p_doubted boolean[], p_owner uuid) RETURNS bigint[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    held   held_attempt[] := hold_attempts(p_id);
    marked bigint[];
BEGIN
    WITH sent AS (
        UPDATE attempt a SET sent_at = now(), owner = p_owner, sends = p_sends[h.line] + 1
        FROM unnest(held) AS h
        WHERE a.ctid = h.place AND h.state IN ('created', 'accepted', 'uncertain')
          AND (a.sends = p_sends[h.line] OR (p_doubted[h.line] AND a.sends = p_sends[h.line] + 1 AND a.owner = p_owner))
        RETURNING a.id)
    SELECT array_agg(id) INTO marked FROM sent;
    RETURN coalesce(marked, '{}');
END $$;

-- Nothing was sent under these after all: their first send did not leave us.
CREATE FUNCTION mark_unsent(p_id bigint[], p_sends integer[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    held held_attempt[] := hold_attempts(p_id);
BEGIN
    UPDATE attempt a SET sent_at = NULL
    FROM unnest(held) AS h WHERE a.ctid = h.place AND h.state = 'created' AND a.sends = p_sends[h.line];
END $$;

-- An attempt with what its order adds; gateway/domain/attempt_record.py. `unsent`: sent_at is
-- committed before a byte leaves, so nothing was sent.
CREATE TYPE attempt_record AS (
    id bigint, partner_id bigint, order_id bigint, upstream_id bigint, product_id text, account text, quantity integer,
    cost_max bigint, face_value bigint, cost bigint, state text, upstream_no text, queries integer, not_found integer, sends integer,
    age_s double precision, order_age_s double precision, unsent boolean, sku_id bigint, amount bigint, succeeded_before boolean
);

-- Attempts by id; unknown ids are missing.
CREATE FUNCTION read_attempts(p_id bigint[]) RETURNS SETOF attempt_record LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
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
RETURNS SETOF attempt_record LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
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
BEGIN
    SELECT id INTO unsent FROM attempt
    WHERE order_id = p_order AND partner_id = p_partner AND state = 'created' AND sent_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    RETURN (settle(ARRAY[unsent], ARRAY['rejected'], ARRAY[NULL::text], ARRAY[NULL::bigint], ARRAY[NULL::integer],
        ARRAY[NULL::bigint], ARRAY['cancelled'], ARRAY['cancelled before anything was sent'],
        ARRAY[NULL::double precision], ARRAY[NULL::integer], ARRAY[NULL::integer], ARRAY[p_webhook], ARRAY[NULL::bigint],
        ARRAY[NULL::bigint], ARRAY[NULL::text], ARRAY[NULL::bigint], NULL, ARRAY[NULL::bigint], ARRAY[NULL::text], ARRAY[NULL::text]))[1] = 'applied';
END $$;
