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

-- What platforms told us, as received; kept to prove what was applied and why.
CREATE TABLE callback (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    upstream_id  bigint NOT NULL,
    attempt_id   bigint,
    verdict      text   NOT NULL,                 -- trusted, hint, unknown-attempt
    hint         text   NOT NULL,
    body         bytea  NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX callback_attempt ON callback (attempt_id);

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

-- A line of news with what it met: its attempt, which is locked, and that attempt's order.
CREATE TYPE news_line AS (
    verdict text, attempt_at tid, attempt_id bigint, partner_id bigint, order_at tid, order_id bigint, order_state text,
    state text,                                   -- of the attempt from now on; NULL: as it was
    target text,                                  -- state of the order from now on; NULL: as it was
    contradiction text, park text,                -- what waits for a person
    upstream_no text, cost bigint, delivered integer, refund bigint, code text, message text,
    check_s double precision, queries integer, not_found integer,
    webhook_id bigint, notify_url text,           -- webhook_id NULL: the partner is not told
    next_id bigint, next_upstream bigint, next_product text, next_cost_max bigint,
    pool_id bigint, seqs text, sku_id bigint, buyer_id text, quantity integer
);

-- Applies news about attempts, in one transaction; the tables are gateway/domain/attempt.py.
--
-- p_news per line: accepted, uncertain, succeeded, partial, rejected, failed, reversed, or
-- noted (nothing is known but when to look again). Verdict per line: applied; repeated (known
-- already); late (overtaken by something final); parked (contradicts what is final: a person
-- decides, nothing changes); unknown (no such attempt). p_park: what a person has to decide
-- while the order stays as it is. Locks attempts in id order, then accounts in id order.
-- Idempotent. Error 40001: news of another attempt has just moved one of the orders; nothing done.
--
-- Lines are applied as a set. Of several lines about one order, each turn takes the next.
CREATE FUNCTION settle(
    p_attempt bigint[], p_news text[], p_upstream_no text[], p_cost bigint[], p_delivered integer[], p_refund bigint[],
    p_code text[], p_message text[], p_check_s double precision[], p_queries integer[], p_not_found integer[],
    p_webhook bigint[], p_next bigint[], p_next_upstream bigint[], p_next_product text[], p_next_cost_max bigint[],
    p_owner uuid, p_pool bigint[], p_seqs text[], p_park text[]
) RETURNS text[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    verdicts  text[];
    lines     news_line[];
    this_turn integer := 0;
    turns     integer := 1;
BEGIN
    PERFORM FROM attempt WHERE id = ANY (p_attempt) ORDER BY id FOR NO KEY UPDATE;
    IF p_news && ARRAY['partial', 'rejected', 'failed', 'reversed'] THEN
        PERFORM FROM account WHERE partner_id = ANY (ARRAY(
            SELECT a.partner_id FROM unnest(p_attempt, p_news) AS u (id, news)
            CROSS JOIN LATERAL (SELECT x.partner_id FROM attempt x WHERE x.id = u.id LIMIT 1) AS a
            WHERE u.news IN ('partial', 'rejected', 'failed', 'reversed'))) ORDER BY partner_id FOR NO KEY UPDATE;
    END IF;
    WHILE this_turn < turns LOOP
        this_turn := this_turn + 1;
        -- MATERIALIZED has each step evaluated once. Whatever statistics say, LIMIT keeps lookups
        -- lookups, and BETWEEN … ORDER BY keeps them to the index that gives this order: the key.
        WITH met AS MATERIALIZED (
            SELECT row_number() OVER (PARTITION BY coalesce(a.order_id, -u.line) ORDER BY u.line) AS turn, u.*,
                   CASE WHEN u.told = 'reversed' AND a.state IN ('created', 'accepted', 'uncertain')
                        THEN 'failed' ELSE u.told END AS news,  -- money back before any success: it never was one
                   a.ctid AS attempt_at, a.id, a.partner_id, a.order_id, a.state AS attempt_state,
                   o.ctid AS order_at, o.state AS order_state, o.amount, o.refunded, o.details, o.sku_id, o.quantity
            FROM unnest(p_attempt, p_news, p_upstream_no, p_cost, p_delivered, p_refund, p_code, p_message, p_check_s,
                        p_queries, p_not_found, p_webhook, p_next, p_next_upstream, p_next_product, p_next_cost_max,
                        p_pool, p_seqs, p_park) WITH ORDINALITY
                 AS u (attempt_id, told, upstream_no, cost, delivered, refund, code, message, check_s,
                       queries, not_found, webhook_id, next_id, next_upstream, next_product, next_cost_max,
                       pool_id, seqs, park, line)
            LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM attempt x WHERE x.id = u.attempt_id LIMIT 1) AS a ON true
            LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM orders x WHERE x.partner_id = a.partner_id
                               AND x.id BETWEEN a.order_id AND a.order_id ORDER BY x.id LIMIT 1) AS o ON true
        ), judged AS MATERIALIZED (
            SELECT m.*,
                   CASE WHEN m.turn < this_turn THEN verdicts[m.line] WHEN m.id IS NULL THEN 'unknown'
                        ELSE judge_news(m.attempt_state, m.news) END AS verdict,
                   -- A refused attempt that another one follows: its order goes on.
                   move_order(m.order_state, CASE WHEN m.news IN ('rejected', 'failed') AND m.next_id IS NOT NULL
                                                  THEN 'accepted' ELSE m.news END) AS move
            FROM met m
        )
        SELECT array_agg(j.verdict ORDER BY j.line), max(j.turn),
               array_agg((j.verdict, j.attempt_at, j.id, j.partner_id, j.order_at, j.order_id, j.order_state,
                          nullif(j.news, 'noted'),
                          CASE WHEN j.verdict = 'applied' THEN nullif(j.move, 'parked') END,
                          CASE WHEN j.verdict = 'parked'
                               THEN format('attempt %s is %s, the upstream now says %s (%s)', j.id, j.attempt_state, j.news, coalesce(j.code, ''))
                               WHEN j.move = 'parked' THEN format('order is %s, attempt %s says %s', j.order_state, j.id, j.news) END,
                          j.park, j.upstream_no, j.cost, j.delivered,
                          CASE WHEN j.move IN ('failed', 'reversed') THEN j.amount - j.refunded WHEN j.move = 'partial' THEN j.refund ELSE 0 END,
                          j.code, j.message, j.check_s, j.queries, j.not_found,
                          CASE WHEN j.move <> 'processing' AND (j.notify_url IS NOT NULL OR EXISTS (
                              SELECT FROM webhook_endpoint e WHERE e.partner_id = j.partner_id AND e.disabled_at IS NULL)) THEN j.webhook_id END,
                          j.notify_url, j.next_id, j.next_upstream, j.next_product, j.next_cost_max,
                          j.pool_id, j.seqs, j.sku_id, j.buyer_id, j.quantity)::news_line)
                   FILTER (WHERE j.turn = this_turn AND j.verdict IN ('applied', 'parked'))
        INTO verdicts, turns, lines
        FROM (SELECT *, details::json ->> 'notify_url' AS notify_url, details::json ->> 'buyer_id' AS buyer_id FROM judged) j;
        PERFORM apply_news(lines, p_owner);
    END LOOP;
    RETURN verdicts;
END $$;

-- Writes down what settle judged: lines about different orders, their attempts locked. Rows are
-- found by ctid, as they were read: no index has to be searched again, and the settings leave no
-- plan that could read a table, whatever statistics say.
CREATE FUNCTION apply_news(p_lines news_line[], p_owner uuid) RETURNS void LANGUAGE plpgsql
SET enable_indexscan = off SET enable_indexonlyscan = off AS $$
DECLARE
    moves    bigint;
    moved    bigint;
    waits    boolean;
    follows  boolean;
    refunds  boolean;
BEGIN
    UPDATE attempt a SET
        state = coalesce(l.state, a.state), upstream_no = coalesce(l.upstream_no, a.upstream_no), cost = coalesce(l.cost, a.cost),
        delivered_quantity = coalesce(l.delivered, a.delivered_quantity), code = coalesce(l.code, a.code),
        message = coalesce(l.message, a.message), queries = coalesce(l.queries, a.queries), not_found = coalesce(l.not_found, a.not_found),
        next_check_at = now() + make_interval(secs => l.check_s), sent_at = coalesce(a.sent_at, now()), updated_at = now()
    FROM unnest(p_lines) AS l WHERE a.ctid = l.attempt_at AND l.verdict = 'applied';

    SELECT count(l.target), bool_or(l.contradiction IS NOT NULL OR (l.park IS NOT NULL AND l.target IS NULL)),
           bool_or(l.next_id IS NOT NULL), bool_or(l.target IN ('failed', 'partial', 'reversed'))
    INTO moves, waits, follows, refunds FROM unnest(p_lines) AS l;
    IF waits THEN
        UPDATE orders o SET parked = coalesce(l.contradiction, o.parked, l.park),
            updated_at = CASE WHEN l.contradiction IS NULL THEN o.updated_at ELSE now() END
        FROM unnest(p_lines) AS l
        WHERE o.ctid = l.order_at AND o.id = l.order_id
          AND (l.contradiction IS NOT NULL OR (l.verdict = 'applied' AND l.park IS NOT NULL AND l.target IS NULL));
    END IF;
    IF follows THEN
        INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                             state, next_check_at, owner)
        SELECT l.next_id, a.partner_id, a.order_id, l.next_upstream, l.next_product, a.account, a.quantity, l.next_cost_max,
               a.face_value, 'created', now() + interval '5 s', p_owner
        FROM unnest(p_lines) AS l JOIN attempt a ON a.id = l.attempt_id
        WHERE l.verdict = 'applied' AND l.state IN ('rejected', 'failed') AND l.next_id IS NOT NULL;
    END IF;
    IF moves = 0 THEN
        RETURN;
    END IF;

    -- Whoever moved one of these orders since it was read left another row there, or another state.
    WITH moving AS (
        UPDATE orders o SET
            state = l.target, refunded = o.refunded + l.refund, updated_at = now(),
            failure = CASE WHEN l.target IN ('failed', 'partial', 'reversed') THEN json_build_object(
                'code', coalesce(nullif(l.code, ''), l.target), 'detail', coalesce(l.message, ''))::text END,
            delivered_quantity = CASE l.target WHEN 'delivered' THEN o.quantity WHEN 'partial' THEN coalesce(l.delivered, 0)
                                 WHEN 'reversed' THEN o.delivered_quantity ELSE 0 END,
            parked = CASE WHEN l.target IN ('processing', 'uncertain') THEN coalesce(o.parked, l.park) END,  -- else decided
            pool_id = coalesce(l.pool_id, o.pool_id), seqs = coalesce(l.seqs::bigint[], o.seqs),
            last_event = o.last_event + (l.webhook_id IS NOT NULL)::integer
        FROM unnest(p_lines) AS l
        WHERE l.target IS NOT NULL AND o.ctid = l.order_at AND o.id = l.order_id AND o.state = l.order_state
        RETURNING o.partner_id, o.id, o.last_event, l.webhook_id, l.target, l.notify_url
    ), telling AS (
        INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
        SELECT m.webhook_id, m.partner_id, m.id, 'order.' || m.target, m.last_event, m.notify_url, now()
        FROM moving m WHERE m.webhook_id IS NOT NULL
    )
    SELECT count(*) INTO moved FROM moving;
    IF moved <> moves THEN
        RAISE EXCEPTION 'an order was moved by other news meanwhile' USING ERRCODE = '40001';
    END IF;
    INSERT INTO allocation (pool_id, seq, order_id)
    SELECT l.pool_id, s, l.order_id FROM unnest(p_lines) AS l, unnest(l.seqs::bigint[]) AS s
    WHERE l.target IS NOT NULL AND l.pool_id IS NOT NULL;
    IF refunds THEN
        PERFORM refund_orders(p_lines);
    END IF;
END $$;

-- Gives back what was not delivered: money, and for failed orders the buyer's share of a purchase
-- limit. settle holds the accounts' locks. Once per attempt and kind: entry_reference.
CREATE FUNCTION refund_orders(p_lines news_line[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- LEFT JOIN: a refund without an account is an error, not a line less.
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
    SELECT l.partner_id, a.last_entry + row_number() OVER w, 'refund', l.refund, a.balance + sum(l.refund) OVER w,
           l.order_id, format('%s:%s', l.target, l.attempt_id)
    FROM unnest(p_lines) AS l LEFT JOIN account a ON a.partner_id = l.partner_id
    WHERE l.target IS NOT NULL AND l.refund <> 0
    WINDOW w AS (PARTITION BY l.partner_id ORDER BY l.attempt_id ROWS UNBOUNDED PRECEDING);

    UPDATE account a SET balance = a.balance + d.total, last_entry = a.last_entry + d.refunds
    FROM (SELECT l.partner_id, sum(l.refund) AS total, count(*) AS refunds FROM unnest(p_lines) AS l
          WHERE l.target IS NOT NULL AND l.refund <> 0 GROUP BY 1) AS d
    WHERE a.partner_id = d.partner_id;

    UPDATE buyer_usage b SET used = greatest(0, b.used - d.quantity)
    FROM (SELECT l.partner_id, l.sku_id, l.buyer_id, sum(l.quantity) AS quantity FROM unnest(p_lines) AS l
          WHERE l.target = 'failed' AND l.buyer_id IS NOT NULL GROUP BY 1, 2, 3) AS d
    WHERE b.partner_id = d.partner_id AND b.sku_id = d.sku_id AND b.buyer_id = d.buyer_id;
END $$;

-- Marks that these may have been executed from now on; which of them may be sent. p_sends: the
-- counts the caller knows. p_doubted: the answer to the same mark was lost. One that is missing
-- from the answer was cancelled, or sent by somebody else.
CREATE FUNCTION mark_sent(p_id bigint[], p_sends integer[], p_doubted boolean[], p_owner uuid) RETURNS bigint[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    marked bigint[];
BEGIN
    WITH sent AS (
        UPDATE attempt a SET sent_at = now(), owner = p_owner, sends = u.sends + 1
        FROM unnest(p_id, p_sends, p_doubted) AS u (id, sends, doubted)
        WHERE a.id = u.id AND (a.sends = u.sends OR (u.doubted AND a.sends = u.sends + 1 AND a.owner = p_owner))
          AND a.state IN ('created', 'accepted', 'uncertain')
        RETURNING a.id)
    SELECT array_agg(id) INTO marked FROM sent;
    RETURN coalesce(marked, '{}');
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
                        AND x.id BETWEEN a.order_id AND a.order_id ORDER BY x.id LIMIT 1) AS o;  -- by the key: see settle
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
