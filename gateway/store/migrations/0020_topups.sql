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

-- Gives money back for an order. The caller holds the account's lock. Idempotent by attempt and kind.
CREATE FUNCTION refund_order(p_partner bigint, p_order bigint, p_amount bigint, p_reference text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a account%ROWTYPE;
BEGIN
    IF p_amount = 0 THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT a FROM account WHERE partner_id = p_partner FOR NO KEY UPDATE;
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, reference)
    VALUES (p_partner, a.last_entry + 1, 'refund', p_amount, a.balance + p_amount, p_order, p_reference);
    UPDATE account SET balance = balance + p_amount, last_entry = last_entry + 1 WHERE partner_id = p_partner;
END $$;

-- Tells the partner, if it wants to be told: one row with the order's next sequence number.
CREATE FUNCTION tell_partner(p_order orders, p_type text, p_webhook_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target text := p_order.details::json ->> 'notify_url';
BEGIN
    IF target IS NULL AND NOT EXISTS (
        SELECT FROM webhook_endpoint e WHERE e.partner_id = p_order.partner_id AND e.disabled_at IS NULL) THEN
        RETURN;
    END IF;
    UPDATE orders SET last_event = last_event + 1 WHERE partner_id = p_order.partner_id AND id = p_order.id;
    INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
    VALUES (p_webhook_id, p_order.partner_id, p_order.id, p_type, p_order.last_event + 1, target, now());
END $$;

-- Applies news about attempts, in one transaction; the tables are gateway/domain/attempt.py.
--
-- p_news per line: accepted, uncertain, succeeded, partial, rejected, failed, reversed, or
-- noted (nothing is known but when to look again). Verdict per line: applied; repeated (known
-- already); late (overtaken by something final); parked (contradicts what is final: a person
-- decides, nothing changes); unknown (no such attempt). p_park: what a person has to decide
-- while the order stays as it is. Locks attempts in id order, then
-- accounts in id order. Idempotent.
CREATE FUNCTION settle(
    p_attempt bigint[], p_news text[], p_upstream_no text[], p_cost bigint[], p_delivered integer[], p_refund bigint[],
    p_code text[], p_message text[], p_check_s double precision[], p_queries integer[], p_not_found integer[],
    p_webhook bigint[], p_next bigint[], p_next_upstream bigint[], p_next_product text[], p_next_cost_max bigint[],
    p_owner uuid, p_pool bigint[], p_seqs text[], p_park text[]
) RETURNS text[] LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    verdicts text[] := array_fill('unknown'::text, ARRAY[cardinality(p_attempt)]);
    i integer;
    a attempt%ROWTYPE;
    o orders%ROWTYPE;
    news text;
BEGIN
    PERFORM FROM attempt WHERE id = ANY (p_attempt) ORDER BY id FOR NO KEY UPDATE;
    PERFORM FROM account WHERE partner_id IN (
        SELECT x.partner_id FROM unnest(p_attempt, p_news) AS u (id, news) JOIN attempt x ON x.id = u.id
        WHERE u.news IN ('partial', 'rejected', 'failed', 'reversed')) ORDER BY partner_id FOR NO KEY UPDATE;
    FOR i IN 1 .. cardinality(p_attempt) LOOP
        SELECT * INTO a FROM attempt WHERE id = p_attempt[i];
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO o FROM orders WHERE partner_id = a.partner_id AND id = a.order_id FOR NO KEY UPDATE;
        news := p_news[i];
        IF news = 'reversed' AND a.state IN ('created', 'accepted', 'uncertain') THEN
            news := 'failed';  -- money back before any success: it never was one
        END IF;
        verdicts[i] := judge_news(a.state, news);
        IF verdicts[i] = 'parked' THEN
            UPDATE orders SET parked = format('attempt %s is %s, the upstream now says %s (%s)', a.id, a.state, news, coalesce(p_code[i], '')),
                updated_at = now() WHERE partner_id = o.partner_id AND id = o.id;
        END IF;
        IF verdicts[i] <> 'applied' THEN
            UPDATE attempt SET next_check_at = now() + make_interval(secs => p_check_s[i]),
                queries = coalesce(p_queries[i], queries), not_found = coalesce(p_not_found[i], not_found)
            WHERE id = a.id AND state IN ('created', 'accepted', 'uncertain');
            CONTINUE;
        END IF;
        UPDATE attempt SET state = CASE news WHEN 'noted' THEN state ELSE news END,
            upstream_no = coalesce(p_upstream_no[i], upstream_no), cost = coalesce(p_cost[i], cost),
            delivered_quantity = coalesce(p_delivered[i], delivered_quantity),
            code = coalesce(p_code[i], code), message = coalesce(p_message[i], message),
            queries = coalesce(p_queries[i], queries), not_found = coalesce(p_not_found[i], not_found),
            next_check_at = now() + make_interval(secs => p_check_s[i]),
            sent_at = coalesce(sent_at, now()), updated_at = now()
        WHERE id = a.id;
        IF p_park[i] IS NOT NULL THEN
            UPDATE orders SET parked = p_park[i] WHERE partner_id = o.partner_id AND id = o.id AND parked IS NULL;
        END IF;
        IF news IN ('rejected', 'failed') AND p_next[i] IS NOT NULL THEN
            INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max,
                                 face_value, state, next_check_at, owner)
            VALUES (p_next[i], a.partner_id, a.order_id, p_next_upstream[i], p_next_product[i], a.account, a.quantity,
                    p_next_cost_max[i], a.face_value, 'created', now(), p_owner);
            news := 'accepted';  -- for the order: it goes on
        END IF;
        PERFORM move_order(o, a, news, p_delivered[i], p_refund[i], p_code[i], p_message[i], p_webhook[i], p_pool[i], p_seqs[i]);
    END LOOP;
    RETURN verdicts;
END $$;

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

-- Moves an order along its table (gateway/domain/order.py) after news of its live attempt.
CREATE FUNCTION move_order(
    o orders, a attempt, p_news text, p_delivered integer, p_refund bigint, p_code text, p_message text,
    p_webhook bigint, p_pool bigint, p_seqs text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    target text := CASE p_news WHEN 'accepted' THEN 'processing' WHEN 'uncertain' THEN 'uncertain'
        WHEN 'succeeded' THEN 'delivered' WHEN 'partial' THEN 'partial' WHEN 'rejected' THEN 'failed'
        WHEN 'failed' THEN 'failed' WHEN 'reversed' THEN 'reversed' END;
    refund bigint := CASE WHEN target IN ('failed', 'reversed') THEN o.amount - o.refunded
                          WHEN target = 'partial' THEN p_refund ELSE 0 END;
    reason text := NULL;
BEGIN
    IF target IS NULL OR target = o.state THEN
        RETURN;
    END IF;
    IF NOT (CASE o.state WHEN 'processing' THEN target IN ('uncertain', 'delivered', 'partial', 'failed')
                         WHEN 'uncertain' THEN target IN ('processing', 'delivered', 'partial', 'failed')
                         WHEN 'delivered' THEN target = 'reversed'
                         WHEN 'partial' THEN target = 'reversed' ELSE false END) THEN
        UPDATE orders SET parked = format('order is %s, attempt %s says %s', o.state, a.id, p_news), updated_at = now()
        WHERE partner_id = o.partner_id AND id = o.id;
        RETURN;
    END IF;
    IF target IN ('failed', 'partial', 'reversed') THEN
        reason := json_build_object('code', coalesce(nullif(p_code, ''), target), 'detail', coalesce(p_message, ''))::text;
        PERFORM refund_order(o.partner_id, o.id, refund, format('%s:%s', target, a.id));
    END IF;
    IF target = 'failed' THEN
        UPDATE buyer_usage SET used = greatest(0, used - o.quantity)
        WHERE partner_id = o.partner_id AND sku_id = o.sku_id AND buyer_id = o.details::json ->> 'buyer_id';
    END IF;
    UPDATE orders SET state = target, refunded = refunded + refund, updated_at = now(), failure = reason,
        delivered_quantity = CASE target WHEN 'delivered' THEN quantity WHEN 'partial' THEN coalesce(p_delivered, 0)
                             WHEN 'reversed' THEN delivered_quantity ELSE 0 END,
        parked = CASE WHEN target IN ('processing', 'uncertain') THEN parked END,  -- decided
        pool_id = coalesce(p_pool, pool_id), seqs = coalesce(p_seqs::bigint[], seqs)
    WHERE partner_id = o.partner_id AND id = o.id AND state = o.state;
    IF p_pool IS NOT NULL THEN
        INSERT INTO allocation (pool_id, seq, order_id) SELECT p_pool, s, o.id FROM unnest(p_seqs::bigint[]) s;
    END IF;
    IF target <> 'processing' THEN
        PERFORM tell_partner(o, 'order.' || target, p_webhook);
    END IF;
END $$;

-- Attempts that are due are the caller's for p_hold_s. A created one of another living worker is
-- in that worker's memory. p_orphans: also what dead workers had created or were asking after,
-- due or not. `unsent`: sent_at is committed before a byte leaves, so nothing was sent.
CREATE FUNCTION take_due(p_owner uuid, p_limit integer, p_hold_s double precision, p_orphans boolean)
RETURNS SETOF bigint LANGUAGE plpgsql AS $$
DECLARE
    living uuid[] := ARRAY(SELECT worker_id FROM worker WHERE expires_at > now());
BEGIN
    RETURN QUERY
    WITH due AS (
        SELECT x.id FROM attempt x
        WHERE CASE WHEN p_orphans THEN x.next_check_at IS NOT NULL AND x.state IN ('created', 'uncertain')
                        AND x.owner <> ALL (living)
                   ELSE x.next_check_at <= now()
                        AND (x.state <> 'created' OR x.owner IS NULL OR x.owner = p_owner OR x.owner <> ALL (living)) END
        ORDER BY x.next_check_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE attempt t SET owner = p_owner, next_check_at = now() + make_interval(secs => p_hold_s)
    FROM due WHERE t.id = due.id
    RETURNING t.id;
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
