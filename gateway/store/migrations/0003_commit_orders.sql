-- The commit (design D5): one round trip makes a batch of orders durable, exactly.
--
-- Per line an outcome: 1 created, 2 replayed (same number, same content), 3 conflict (same
-- number, other content), 4 insufficient balance, 5 purchase limit. Only created lines leave
-- anything behind. For 2 and 3 `existing` names the order; for 4 it is what the account has.
-- Errors: QG001 a lease was lost (nothing done), 23505 on allocation (I1's guard).
--
-- Every commit of a partner holds its account row, so commits of one partner come one by one:
-- balances, entry numbers and purchase limits need no other lock, and two batches cannot
-- deadlock on order numbers. Existing orders are only looked for when an insert did not
-- take place: a join over all history would grow with it (design D5).
CREATE FUNCTION commit_orders(
    p_batch    uuid,
    p_chain    integer,
    p_partner  bigint[], p_id bigint[], p_out text[], p_hash bytea[], p_sku bigint[],
    p_quantity integer[], p_amount bigint[], p_pool bigint[], p_seqs text[],
    p_account  text[], p_metadata text[], p_details text[],
    p_buyer    text[], p_limit integer[],         -- purchase limit: NULL limit, no check
    p_notify   boolean[], p_notify_url text[],    -- a webhook is wanted; where, if not at the endpoint
    p_attempt  bigint[], p_upstream bigint[], p_product text[], p_cost_max bigint[], p_face bigint[], p_owner uuid,
    a_line     integer[], a_seq bigint[], a_lease bigint[],
    l_id       bigint[], l_epoch bigint[]
) RETURNS TABLE (committed_at timestamptz, outcome integer[], existing bigint[])
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = on SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    n          integer := cardinality(p_id);
    suspects   boolean := false;
    suspect    boolean[];
    created    boolean[];
    new_ids    bigint[];
    held       integer;
    v_commit_no bigint := nextval('reveal_no');
    summary    bytea;
BEGIN
    committed_at := now();
    INSERT INTO commit_batch (id) VALUES (p_batch);

    IF cardinality(l_id) > 0 THEN
        SELECT count(*) INTO held FROM (
            SELECT FROM lease l JOIN unnest(l_id, l_epoch) AS mine (id, epoch) ON l.id = mine.id
            WHERE l.epoch = mine.epoch AND l.state = 'active' FOR SHARE OF l) AS held_leases;
        IF held <> cardinality(l_id) THEN
            RAISE EXCEPTION 'lease lost' USING ERRCODE = 'QG001';
        END IF;
    END IF;

    PERFORM FROM account WHERE partner_id = ANY (p_partner) ORDER BY partner_id FOR NO KEY UPDATE;

    SELECT EXISTS (
        SELECT FROM (SELECT u.partner, sum(u.amount) AS total
                     FROM unnest(p_partner, p_amount) AS u (partner, amount) GROUP BY 1) AS d
        JOIN account a ON a.partner_id = d.partner WHERE d.total > a.balance + a.credit_limit
    ) INTO suspects;
    IF NOT suspects AND EXISTS (SELECT FROM unnest(p_limit) AS l WHERE l IS NOT NULL) THEN
        SELECT EXISTS (
            SELECT FROM (SELECT u.partner, u.sku, u.buyer, sum(u.quantity) AS wanted, min(u.most) AS most
                         FROM unnest(p_partner, p_sku, p_buyer, p_quantity, p_limit) AS u (partner, sku, buyer, quantity, most)
                         WHERE u.most IS NOT NULL GROUP BY 1, 2, 3) AS d
            LEFT JOIN buyer_usage b ON b.partner_id = d.partner AND b.sku_id = d.sku AND b.buyer_id = d.buyer
            WHERE coalesce(b.used, 0) + d.wanted > d.most
        ) INTO suspects;
    END IF;
    IF suspects THEN
        SELECT j.allowed, j.verdict, j.known INTO suspect, outcome, existing
        FROM judge_lines(p_partner, p_out, p_hash, p_sku, p_quantity, p_amount, p_buyer, p_limit) AS j;
    END IF;

    WITH ins AS (
        INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                            delivered_quantity, pool_id, seqs, account, metadata, details, last_event,
                            commit_no, created_at, updated_at)
        SELECT u.partner, u.id, u.out_no, u.hash, u.sku, u.quantity, u.amount,
               CASE WHEN u.pool IS NULL THEN 'processing' ELSE 'delivered' END,
               CASE WHEN u.pool IS NULL THEN 0 ELSE u.quantity END,
               u.pool, u.seqs::bigint[], u.account, u.metadata, u.details,
               CASE WHEN u.notify AND u.pool IS NOT NULL THEN 1 ELSE 0 END,
               CASE WHEN u.pool IS NOT NULL THEN v_commit_no END, now(), now()
        FROM unnest(p_partner, p_id, p_out, p_hash, p_sku, p_quantity, p_amount, p_pool, p_seqs,
                    p_account, p_metadata, p_details, p_notify) WITH ORDINALITY
             AS u (partner, id, out_no, hash, sku, quantity, amount, pool, seqs, account, metadata, details, notify, line)
        WHERE suspect IS NULL OR suspect[u.line]
        ON CONFLICT (partner_id, out_order_no) DO NOTHING
        RETURNING id
    )
    SELECT array_agg(id) INTO new_ids FROM ins;

    IF cardinality(new_ids) = n THEN
        created := array_fill(true, ARRAY[n]);
        outcome := array_fill(1, ARRAY[n]);
        existing := array_fill(NULL::bigint, ARRAY[n]);
    ELSE
        SELECT array_agg(x.id IS NOT NULL ORDER BY u.line),
               array_agg(CASE WHEN x.id IS NOT NULL THEN 1
                              WHEN suspect IS NOT NULL AND NOT suspect[u.line] THEN outcome[u.line]
                              WHEN o.content_hash = p_hash[u.line] THEN 2 ELSE 3 END ORDER BY u.line),
               array_agg(CASE WHEN x.id IS NOT NULL THEN NULL
                              WHEN suspect IS NOT NULL AND NOT suspect[u.line] THEN existing[u.line]
                              ELSE o.id END ORDER BY u.line)
        INTO created, outcome, existing
        FROM unnest(p_id, p_partner, p_out) WITH ORDINALITY AS u (id, partner, out_no, line)
        LEFT JOIN unnest(new_ids) AS x (id) ON x.id = u.id
        LEFT JOIN LATERAL (
            SELECT e.id, e.content_hash FROM orders e
            WHERE x.id IS NULL AND e.partner_id = u.partner AND e.out_order_no = u.out_no LIMIT 1) AS o ON true;
        IF new_ids IS NULL THEN
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;

    IF cardinality(a_line) > 0 THEN
        INSERT INTO allocation (pool_id, seq, order_id, lease_id)
        SELECT p_pool[u.line], u.seq, p_id[u.line], u.lease
        FROM unnest(a_line, a_seq, a_lease) AS u (line, seq, lease) WHERE created[u.line];
    END IF;

    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, created_at)
    SELECT u.partner, a.last_entry + row_number() OVER w, 'charge', -u.amount,
           a.balance - sum(u.amount) OVER w, u.id, now()
    FROM unnest(p_partner, p_amount, p_id) WITH ORDINALITY AS u (partner, amount, id, line)
    JOIN account a ON a.partner_id = u.partner
    WHERE created[u.line]
    WINDOW w AS (PARTITION BY u.partner ORDER BY u.line ROWS UNBOUNDED PRECEDING);

    UPDATE account a SET balance = a.balance - d.total, last_entry = a.last_entry + d.orders
    FROM (SELECT u.partner, sum(u.amount) AS total, count(*) AS orders
          FROM unnest(p_partner, p_amount) WITH ORDINALITY AS u (partner, amount, line)
          WHERE created[u.line] GROUP BY 1) AS d
    WHERE a.partner_id = d.partner;

    INSERT INTO buyer_usage AS b (partner_id, sku_id, buyer_id, used)
    SELECT u.partner, u.sku, u.buyer, sum(u.quantity)
    FROM unnest(p_partner, p_sku, p_buyer, p_quantity, p_limit) WITH ORDINALITY AS u (partner, sku, buyer, quantity, most, line)
    WHERE u.most IS NOT NULL AND created[u.line] GROUP BY 1, 2, 3
    ON CONFLICT (partner_id, sku_id, buyer_id) DO UPDATE SET used = b.used + excluded.used;

    INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
    SELECT u.id, u.partner, u.id, 'order.delivered', 1, u.url, now()
    FROM unnest(p_partner, p_id, p_pool, p_notify, p_notify_url) WITH ORDINALITY AS u (partner, id, pool, notify, url, line)
    WHERE u.notify AND u.pool IS NOT NULL AND created[u.line];

    INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                         state, next_check_at, owner)
    SELECT u.attempt, u.partner, u.id, u.upstream, u.product, coalesce(u.account, ''), u.quantity, u.cost_max, u.face,
           'created', now(), p_owner
    FROM unnest(p_partner, p_id, p_attempt, p_upstream, p_product, p_account, p_quantity, p_cost_max, p_face) WITH ORDINALITY
         AS u (partner, id, attempt, upstream, product, account, quantity, cost_max, face, line)
    WHERE u.attempt IS NOT NULL AND created[u.line];

    IF cardinality(a_line) > 0 THEN
        SELECT sha256(coalesce(string_agg(int8send(u.id) || convert_to(coalesce(u.seqs, ''), 'UTF8'), ''::bytea ORDER BY u.id), ''))
        INTO summary
        FROM unnest(p_id, p_seqs, p_pool) WITH ORDINALITY AS u (id, seqs, pool, line)
        WHERE created[u.line] AND u.pool IS NOT NULL;
        PERFORM append_reveal(v_commit_no, p_chain, 'commit', NULL, summary);
    END IF;
    RETURN NEXT;
END $$;

-- Judges the lines of a batch one by one, in order: for accounts short of money and buyers
-- near their limit. `allowed` lines may be inserted; for the others verdict and known as above.
CREATE FUNCTION judge_lines(
    p_partner bigint[], p_out text[], p_hash bytea[], p_sku bigint[], p_quantity integer[],
    p_amount bigint[], p_buyer text[], p_limit integer[]
) RETURNS TABLE (allowed boolean[], verdict integer[], known bigint[]) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    i integer;
    e record;
    left_over jsonb := '{}';
    used jsonb := '{}';
    funds bigint;
    bought bigint;
    buyer_key text;
BEGIN
    allowed := array_fill(false, ARRAY[cardinality(p_partner)]);
    verdict := array_fill(0, ARRAY[cardinality(p_partner)]);
    known := array_fill(NULL::bigint, ARRAY[cardinality(p_partner)]);
    FOR i IN 1 .. cardinality(p_partner) LOOP
        SELECT o.id, o.content_hash INTO e FROM orders o
        WHERE o.partner_id = p_partner[i] AND o.out_order_no = p_out[i];
        IF FOUND THEN
            verdict[i] := CASE WHEN e.content_hash = p_hash[i] THEN 2 ELSE 3 END;
            known[i] := e.id;
            CONTINUE;
        END IF;
        funds := left_over -> p_partner[i]::text;
        IF funds IS NULL THEN
            SELECT a.balance + a.credit_limit INTO funds FROM account a WHERE a.partner_id = p_partner[i];
        END IF;
        IF p_limit[i] IS NOT NULL THEN
            buyer_key := p_partner[i] || '/' || p_sku[i] || '/' || p_buyer[i];
            bought := used -> buyer_key;
            IF bought IS NULL THEN
                SELECT b.used INTO bought FROM buyer_usage b
                WHERE b.partner_id = p_partner[i] AND b.sku_id = p_sku[i] AND b.buyer_id = p_buyer[i];
                bought := coalesce(bought, 0);
            END IF;
            IF bought + p_quantity[i] > p_limit[i] THEN
                verdict[i] := 5;
                known[i] := p_limit[i] - bought;
                CONTINUE;
            END IF;
        END IF;
        IF p_amount[i] > funds THEN
            verdict[i] := 4;
            known[i] := funds;
            CONTINUE;
        END IF;
        allowed[i] := true;
        left_over := left_over || jsonb_build_object(p_partner[i]::text, funds - p_amount[i]);
        IF p_limit[i] IS NOT NULL THEN
            used := used || jsonb_build_object(buyer_key, bought + p_quantity[i]);
        END IF;
    END LOOP;
    RETURN NEXT;
END $$;

-- Adds one link to a reveal chain (I13).
CREATE FUNCTION append_reveal(p_no bigint, p_chain integer, p_via text, p_items jsonb, p_digest bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head reveal_head%ROWTYPE;
    link bytea;
BEGIN
    INSERT INTO reveal_head (chain, height, hash) VALUES (p_chain, 0, sha256('')) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM reveal_head h WHERE h.chain = p_chain FOR NO KEY UPDATE;
    link := sha256(head.hash || p_digest);
    INSERT INTO reveal (no, chain, height, via, items, digest, hash)
    VALUES (p_no, p_chain, head.height + 1, p_via, p_items, p_digest, link);
    UPDATE reveal_head h SET height = head.height + 1, hash = link WHERE h.chain = p_chain;
END $$;

-- Records views of codes outside a commit (replays, reads) before the codes leave.
-- p_items: [{"order": …, "key": …, "via": …}, …].
CREATE FUNCTION record_views(p_chain integer, p_items jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT append_reveal(nextval('reveal_no'), p_chain, 'read', p_items, sha256(convert_to(p_items::text, 'UTF8')))
$$;

-- D6: decides a commit whose answer was lost. True: it took place. Waits while it still runs;
-- after false it never can. Idempotent.
CREATE FUNCTION decide_commit(p_batch uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO commit_batch (id, outcome) VALUES (p_batch, 'void') ON CONFLICT DO NOTHING;
    RETURN (SELECT outcome = 'done' FROM commit_batch WHERE id = p_batch);
END $$;
