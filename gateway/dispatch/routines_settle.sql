-- An attempt as settle holds it: which line speaks of it, where its row is, what that says.
CREATE TYPE held_attempt AS (line integer, place tid, id bigint, partner_id bigint, order_id bigint, state text);

-- Locks attempts in id order, however long that takes, and reads them as they are then. Of an
-- unknown one there is only the line.
CREATE FUNCTION hold_attempts(p_attempt bigint[]) RETURNS held_attempt[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, a.ctid, a.id, a.partner_id, a.order_id, a.state)::held_attempt
        FROM (SELECT * FROM unnest(p_attempt) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM attempt x WHERE x.id = u.id LIMIT 1 FOR NO KEY UPDATE) AS a ON true);
END $$;

-- The same without a lock: what is done with them looks at the rows again.
CREATE FUNCTION find_attempts(p_attempt bigint[]) RETURNS held_attempt[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, a.ctid, a.id, a.partner_id, a.order_id, a.state)::held_attempt
        FROM (SELECT * FROM unnest(p_attempt) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM attempt x WHERE x.id = u.id LIMIT 1) AS a ON true);
END $$;

-- The same of those that nobody else has locked, locked.
CREATE FUNCTION lock_attempts(p_attempt bigint[]) RETURNS held_attempt[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT (u.line, a.ctid, a.id, a.partner_id, a.order_id, a.state)::held_attempt
        FROM (SELECT * FROM unnest(p_attempt) WITH ORDINALITY AS u (id, line) ORDER BY u.id) AS u
        CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM attempt x WHERE x.id = u.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS a);
END $$;

-- News of an attempt, as gateway/dispatch/attempt_news.py has it. NULL: nothing is said of it.
CREATE TYPE attempt_news AS (
    attempt bigint, news text, webhook bigint, upstream_no text, cost bigint, delivered integer, refund bigint,
    code text, message text, check_s double precision, queries integer, not_found integer,
    next bigint, next_upstream bigint, next_product text, next_cost_max bigint,  -- the attempt that follows a refused one
    pool bigint, seqs bigint[],                                                  -- bought codes: where they lie
    park text
);

-- What a line of news does. To its attempt: `news`, if the verdict is "applied". To the order:
-- it moves to `target`; NULL: it stays, and waits for a person if there is a `contradiction`.
CREATE TYPE judged_news AS (
    line integer, verdict text, partner_id bigint, attempt_id bigint, attempt_place tid, attempt_state text, news text,
    order_id bigint, order_place tid, order_state text, target text, refund bigint, tells boolean, contradiction text
);

-- Judges the lines whose turn it is: of several lines about one order each turn takes the next.
-- p_verdicts: those of earlier turns. `lines` has what is to be done; the others change nothing.
CREATE FUNCTION judge_turn(
    p_turn bigint, p_held held_attempt[], p_verdicts text[], p_lines attempt_news[],
    OUT verdicts text[], OUT turns bigint, OUT lines judged_news[], OUT applies bigint, OUT moves bigint, OUT parks bigint,
    OUT follows bigint, OUT buys bigint
) LANGUAGE plpgsql AS $$
BEGIN
    WITH met AS MATERIALIZED (
        SELECT h.*, row_number() OVER (PARTITION BY coalesce(h.order_id, -h.line) ORDER BY h.line) AS turn,
               CASE WHEN (p_lines[h.line]).news = 'reversed' AND h.state IN ('created', 'accepted', 'uncertain')
                    THEN 'failed' ELSE (p_lines[h.line]).news END AS news  -- money back before any success: it never was one
        FROM unnest(p_held) AS h
    ), judged AS MATERIALIZED (
        SELECT m.*, o.ctid AS order_place, o.state AS order_state, o.amount - o.refunded AS kept, o.details,
               CASE WHEN m.turn < p_turn THEN p_verdicts[m.line] WHEN m.id IS NULL THEN 'unknown'
                    ELSE judge_news(m.state, m.news) END AS verdict,
               -- A refused attempt that another one follows: its order goes on.
               move_order(o.state, CASE WHEN m.news IN ('rejected', 'failed') AND (p_lines[m.line]).next IS NOT NULL
                                        THEN 'accepted' ELSE m.news END) AS move
        FROM met m
        -- Whatever statistics say, LIMIT keeps this a lookup, and BETWEEN … ORDER BY keeps it to
        -- the index that gives this order: the primary key.
        LEFT JOIN LATERAL (SELECT x.ctid, x.* FROM orders x WHERE x.partner_id = m.partner_id
                           AND x.id BETWEEN m.order_id AND m.order_id ORDER BY x.id LIMIT 1) AS o ON true
    ), done AS MATERIALIZED (
        SELECT j.*, CASE WHEN j.verdict = 'applied' THEN nullif(j.move, 'parked') END AS target,
               CASE WHEN j.verdict = 'parked'
                    THEN format('attempt %s is %s, the upstream now says %s (%s)', j.id, j.state, j.news,
                                coalesce((p_lines[j.line]).park, (p_lines[j.line]).code, ''))
                    WHEN j.verdict = 'applied' AND j.move = 'parked'
                    THEN format('order is %s, attempt %s says %s', j.order_state, j.id, j.news) END AS contradiction
        FROM judged j
    )
    SELECT array_agg(d.verdict ORDER BY d.line), max(d.turn),
           array_agg((d.line, d.verdict, d.partner_id, d.id, d.place, d.state, d.news, d.order_id, d.order_place, d.order_state, d.target,
                      CASE WHEN d.target IN ('failed', 'reversed') THEN d.kept WHEN d.target = 'partial' THEN (p_lines[d.line]).refund ELSE 0 END,
                      d.target <> 'processing' AND (d.details::json ->> 'notify_url' IS NOT NULL OR EXISTS (
                          SELECT FROM webhook_endpoint e WHERE e.partner_id = d.partner_id AND e.disabled_at IS NULL)),
                      d.contradiction)::judged_news ORDER BY d.id)
               FILTER (WHERE d.turn = p_turn AND d.verdict IN ('applied', 'parked')),
           count(*) FILTER (WHERE d.turn = p_turn AND d.verdict = 'applied'), count(d.target) FILTER (WHERE d.turn = p_turn),
           count(*) FILTER (WHERE d.turn = p_turn AND d.verdict IN ('applied', 'parked') AND d.target IS NULL
                            AND coalesce(d.contradiction, (p_lines[d.line]).park) IS NOT NULL),
           count((p_lines[d.line]).next), count((p_lines[d.line]).pool)
    INTO verdicts, turns, lines, applies, moves, parks, follows, buys
    FROM done d;
END $$;

-- Applies news about attempts, in one transaction; the tables are gateway/dispatch/attempt.py.
--
-- `news` per line: accepted, uncertain, succeeded, partial, rejected, failed, reversed, or
-- noted (nothing is known but when to look again), or contradicted (an answer that only a person
-- can use: uncertain). Verdict per line: applied; repeated (known
-- already); late (overtaken by something final); parked (contradicts what is final: a person
-- decides, nothing changes); unknown (no such attempt). Idempotent. Error 40001: somebody else has
-- just changed one of the attempts or orders; nothing done.
--
-- Locks attempts in id order, then, where money moves, accounts in id order. Where none does (most
-- top-ups succeed) nothing is locked before it is written, which is a record of the log for each:
-- the update, in the same order, looks whether an attempt still is what was judged.
--
-- Lines are applied as a set. Rows are found by ctid, where they were read a moment ago: no index
-- is searched again. LIMIT says nothing new and has PostgreSQL expect a single line: then going to
-- its place costs less than the first step into any index, and no plan reads a table, whatever
-- statistics say. An order that somebody else changed since is another row: that is the error 40001.
CREATE FUNCTION settle(p_lines attempt_news[], p_owner uuid) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    held      held_attempt[];
    attempts  bigint[] := ARRAY(SELECT n.attempt FROM unnest(p_lines) AS n);
    pays_back boolean := EXISTS (SELECT FROM unnest(p_lines) AS n WHERE n.news IN ('partial', 'rejected', 'failed', 'reversed'));
    this_turn bigint := 1;
    verdicts  text[];
    judged    record;
    lines     judged_news[];
    applied   bigint;
    moved     bigint;
    parked    bigint;
    written   bigint;
BEGIN
    held := CASE WHEN pays_back THEN hold_attempts(attempts) ELSE find_attempts(attempts) END;
    PERFORM FROM account WHERE partner_id = ANY (ARRAY(
        SELECT h.partner_id FROM unnest(held) AS h WHERE (p_lines[h.line]).news IN ('partial', 'rejected', 'failed', 'reversed')))
    ORDER BY partner_id FOR NO KEY UPDATE;
    LOOP
        judged := judge_turn(this_turn, held, verdicts, p_lines);
        verdicts := judged.verdicts;
        lines := judged.lines;
        applied := write_news(lines, p_lines);
        IF judged.follows > 0 THEN
            written := follow_up(lines, p_lines, p_owner);
        END IF;
        moved := CASE WHEN judged.moves > 0 THEN move_orders(lines, p_lines) ELSE 0 END;
        IF judged.buys > 0 THEN
            written := bind_bought_codes(lines, p_lines);
        END IF;
        parked := CASE WHEN judged.parks > 0 THEN park_orders(lines, p_lines) ELSE 0 END;
        IF applied <> judged.applies OR moved <> judged.moves OR parked <> judged.parks THEN
            RAISE EXCEPTION 'an attempt or order was changed meanwhile' USING ERRCODE = '40001';
        END IF;
        EXIT WHEN this_turn = judged.turns;
        this_turn := this_turn + 1;
        held := CASE WHEN pays_back THEN hold_attempts(attempts) ELSE find_attempts(attempts) END;
    END LOOP;
    RETURN verdicts;
END $$;

-- Writes what was learnt into the attempts. How many.
CREATE FUNCTION write_news(p_judged judged_news[], p_lines attempt_news[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    written bigint;
BEGIN
    UPDATE attempt a SET
        state = CASE l.news WHEN 'noted' THEN a.state WHEN 'contradicted' THEN 'uncertain' ELSE l.news END,
        upstream_no = coalesce((p_lines[l.line]).upstream_no, a.upstream_no), cost = coalesce((p_lines[l.line]).cost, a.cost),
        delivered_quantity = coalesce((p_lines[l.line]).delivered, a.delivered_quantity),
        code = coalesce((p_lines[l.line]).code, a.code), message = coalesce((p_lines[l.line]).message, a.message),
        queries = coalesce((p_lines[l.line]).queries, a.queries), not_found = coalesce((p_lines[l.line]).not_found, a.not_found),
        next_check_at = now() + make_interval(secs => (p_lines[l.line]).check_s), sent_at = coalesce(a.sent_at, now()), updated_at = now()
    FROM (SELECT * FROM unnest(p_judged) LIMIT cardinality(p_judged)) AS l
    WHERE a.ctid = l.attempt_place AND a.partner_id = l.partner_id AND a.id = l.attempt_id AND a.state = l.attempt_state AND l.verdict = 'applied';
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;

-- Makes the attempts that follow refused ones. How many. The owner has them in memory.
CREATE FUNCTION follow_up(p_judged judged_news[], p_lines attempt_news[], p_owner uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                         state, next_check_at, owner)
    SELECT (p_lines[l.line]).next, a.partner_id, a.order_id, (p_lines[l.line]).next_upstream, (p_lines[l.line]).next_product,
           a.account, a.quantity, (p_lines[l.line]).next_cost_max, a.face_value, 'created', now() + interval '5 s', p_owner
    FROM unnest(p_judged) AS l CROSS JOIN LATERAL (SELECT * FROM attempt x WHERE x.id = l.attempt_id LIMIT 1) AS a
    WHERE l.verdict = 'applied' AND l.news IN ('rejected', 'failed') AND (p_lines[l.line]).next IS NOT NULL;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;

-- Notes on orders that stay where they are what a person has to decide. How many.
CREATE FUNCTION park_orders(p_judged judged_news[], p_lines attempt_news[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    parked bigint;
BEGIN
    UPDATE orders o SET parked = coalesce(l.contradiction, o.parked, (p_lines[l.line]).park),
        updated_at = CASE WHEN l.contradiction IS NULL THEN o.updated_at ELSE now() END
    FROM (SELECT * FROM unnest(p_judged) LIMIT cardinality(p_judged)) AS l
    WHERE o.ctid = l.order_place AND o.partner_id = l.partner_id AND o.id = l.order_id AND l.target IS NULL
      AND coalesce(l.contradiction, (p_lines[l.line]).park) IS NOT NULL;
    GET DIAGNOSTICS parked = ROW_COUNT;
    RETURN parked;
END $$;

-- Moves orders along their table: states, what was delivered, what is given back, the webhooks.
-- How many.
CREATE FUNCTION move_orders(p_judged judged_news[], p_lines attempt_news[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved    bigint;
    refunded refunded_order[];
BEGIN
    WITH moving AS (
        UPDATE orders o SET
            state = l.target, refunded = o.refunded + l.refund, updated_at = now(),
            failure = CASE WHEN l.target IN ('failed', 'partial', 'reversed') THEN json_build_object(
                'code', coalesce(nullif((p_lines[l.line]).code, ''), l.target), 'detail', coalesce((p_lines[l.line]).message, ''))::text END,
            delivered_quantity = CASE l.target WHEN 'delivered' THEN o.quantity WHEN 'partial' THEN coalesce((p_lines[l.line]).delivered, 0)
                                 WHEN 'reversed' THEN o.delivered_quantity ELSE 0 END,
            parked = CASE WHEN l.target IN ('processing', 'uncertain') THEN coalesce(o.parked, (p_lines[l.line]).park) END,  -- else decided
            pool_id = coalesce((p_lines[l.line]).pool, o.pool_id), seqs = coalesce((p_lines[l.line]).seqs, o.seqs),
            last_event = o.last_event + l.tells::integer
        FROM (SELECT * FROM unnest(p_judged) LIMIT cardinality(p_judged)) AS l
        WHERE o.ctid = l.order_place AND o.partner_id = l.partner_id AND o.id = l.order_id AND o.state = l.order_state AND l.target IS NOT NULL
        RETURNING o.partner_id, o.id, o.sku_id, o.quantity, o.delivered_quantity, o.last_event, o.details,
                  l.line, l.attempt_id, l.target, l.tells, l.refund
    ), telling AS (
        INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
        SELECT (p_lines[m.line]).webhook, m.partner_id, m.id, 'order.' || m.target, m.last_event, m.details::json ->> 'notify_url', now()
        FROM moving m WHERE m.tells
    )
    SELECT count(*), array_agg((m.partner_id, m.id, m.attempt_id, m.target, m.refund, m.sku_id,
                                CASE m.target WHEN 'reversed' THEN m.delivered_quantity ELSE m.quantity - m.delivered_quantity END,
                                m.details::json ->> 'buyer_id')::refunded_order)
                     FILTER (WHERE m.target IN ('failed', 'partial', 'reversed'))
    INTO moved, refunded FROM moving m;
    IF refunded IS NOT NULL THEN
        PERFORM refund_orders(refunded);
        PERFORM give_back(refunded);
    END IF;
    RETURN moved;
END $$;

-- Gives the units of quotas back that these orders had taken for what was not delivered, or taken
-- back. How many counts.
CREATE FUNCTION give_back(p_orders refunded_order[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    partners bigint[] := ARRAY(SELECT r.partner_id FROM unnest(p_orders) AS r);
    ids      bigint[] := ARRAY(SELECT r.id FROM unnest(p_orders) AS r);
    units    integer[] := ARRAY(SELECT r.units FROM unnest(p_orders) AS r);
BEGIN
    PERFORM give_back_carried(partners, ids, ARRAY(SELECT CASE r.state WHEN 'failed' THEN r.units ELSE 0 END FROM unnest(p_orders) AS r),
                              ARRAY(SELECT r.sku_id FROM unnest(p_orders) AS r), ARRAY(SELECT r.buyer_id FROM unnest(p_orders) AS r));
    RETURN give_back_units(partners, ids, units, ARRAY(SELECT r.state = 'reversed' FROM unnest(p_orders) AS r));
END $$;

-- Binds codes that were bought to their orders. How many codes. QG007: one is somebody's already (I1's guard).
CREATE FUNCTION bind_bought_codes(p_judged judged_news[], p_lines attempt_news[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    bound bigint;
    why   text;
BEGIN
    INSERT INTO allocation (pool_id, seq, order_id)
    SELECT (p_lines[l.line]).pool, s, l.order_id FROM unnest(p_judged) AS l, unnest((p_lines[l.line]).seqs) AS s
    WHERE l.target IS NOT NULL AND (p_lines[l.line]).pool IS NOT NULL;
    GET DIAGNOSTICS bound = ROW_COUNT;
    RETURN bound;
EXCEPTION WHEN unique_violation THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'a code was about to be sold twice' USING ERRCODE = 'QG007', DETAIL = why;
END $$;
