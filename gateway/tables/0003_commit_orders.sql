-- The commit (design D5): one round trip makes a batch of orders durable, exactly.
--
-- Per line an outcome: 1 created, 2 replayed (same number, same content), 3 conflict (same
-- number, other content), 4 insufficient balance, 5 purchase limit. Only created lines leave
-- anything behind. For 2 and 3 `existing` names the order; for 4 it is what the account has.
-- Errors: QG001 a lease was lost (nothing done), 23505 on allocation (I1's guard).
--
-- Every commit of a partner holds its account row, so commits of one partner come one by one:
-- balances, entry numbers, purchase limits and order numbers need no other lock. A number that
-- is not there once the account is held cannot come into being before we commit: orders are
-- inserted plainly, which costs a third less than ON CONFLICT. A caller who thinks that all numbers
-- are new saves looking them up; where he is wrong, the insert is undone and they are looked up.
--
-- Lines are read by subscript, p_amount[i]: PL/pgSQL holds arrays taken apart, so that is one
-- look, whereas unnest of a dozen arrays copies every line a dozen times per statement. Look-ups
-- are LATERAL … LIMIT 1: a join over all history would grow with it (design D5). A column that
-- comes empty is NULL in every line.
CREATE FUNCTION commit_orders(
    p_batch    uuid,
    p_chain    integer,
    p_partner  bigint[], p_id bigint[],           -- ids grow from line to line
    p_out      text[], p_hash bytea[], p_sku bigint[], p_quantity integer[], p_amount bigint[], p_pool bigint[],
    p_first    integer[],                         -- where the line's codes begin in a_seq
    p_account  text[], p_metadata text[], p_details text[],
    p_buyer    text[], p_limit integer[],         -- purchase limit: NULL limit, no check
    p_notify   boolean[], p_notify_url text[],    -- a webhook is wanted; where, if not at the endpoint
    p_attempt  bigint[], p_upstream bigint[], p_product text[], p_cost_max bigint[], p_face bigint[], p_owner uuid,
    a_line     integer[], a_seq bigint[], a_lease bigint[],   -- the codes, line by line
    l_id       bigint[], l_epoch bigint[],
    p_all_new  boolean DEFAULT false
) RETURNS TABLE (committed_at timestamptz, outcome integer[], existing bigint[])
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = on SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    n            integer := cardinality(p_id);
    look_up      boolean := NOT p_all_new;
    lines        integer[];                       -- those to create
    one          record;
    buyer_lines  integer[];                       -- of buyers_of
    buyer_wanted bigint[];
    buyer_used   bigint[];
    exceeded     boolean;
    codes        record;
    held         integer;
    v_commit_no  bigint := nextval('reveal_no');
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

    outcome := array_fill(1, ARRAY[n]);
    existing := array_fill(NULL::bigint, ARRAY[n]);
    LOOP
        IF look_up THEN
            FOR one IN SELECT i, o.id, o.content_hash FROM generate_series(1, n) AS i
                       CROSS JOIN LATERAL (SELECT e.id, e.content_hash FROM orders e
                                           WHERE e.partner_id = p_partner[i] AND e.out_order_no = p_out[i] LIMIT 1) AS o LOOP
                outcome[one.i] := CASE WHEN one.content_hash = p_hash[one.i] THEN 2 ELSE 3 END;
                existing[one.i] := one.id;
            END LOOP;
        END IF;
        lines := ARRAY(SELECT i FROM generate_series(1, n) AS i WHERE outcome[i] = 1);

        exceeded := false;
        IF cardinality(p_limit) > 0 THEN
            SELECT b.lines, b.wanted, b.used, b.exceeded INTO buyer_lines, buyer_wanted, buyer_used, exceeded
            FROM buyers_of(lines, p_partner, p_sku, p_quantity, p_buyer, p_limit) AS b;
        END IF;
        IF exceeded OR EXISTS (
            SELECT FROM (SELECT p_partner[i] AS partner, sum(p_amount[i]) AS total FROM unnest(lines) AS i GROUP BY 1) AS d
            JOIN account a ON a.partner_id = d.partner WHERE d.total > a.balance + a.credit_limit
        ) THEN
            IF NOT look_up THEN  -- lines that are known already do not count
                look_up := true;
                CONTINUE;
            END IF;
            SELECT j.verdict, j.known INTO outcome, existing
            FROM judge_lines(outcome, existing, p_partner, p_sku, p_quantity, p_amount, p_buyer, p_limit) AS j;
            lines := ARRAY(SELECT i FROM generate_series(1, n) AS i WHERE outcome[i] = 1);
            SELECT b.lines, b.wanted, b.used INTO buyer_lines, buyer_wanted, buyer_used
            FROM buyers_of(lines, p_partner, p_sku, p_quantity, p_buyer, p_limit) AS b;
        END IF;
        IF cardinality(lines) = 0 THEN
            RETURN NEXT;
            RETURN;
        END IF;

        BEGIN
            INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state,
                                delivered_quantity, pool_id, seqs, account, metadata, details, last_event,
                                commit_no, created_at, updated_at)
            SELECT p_partner[i], p_id[i], p_out[i], p_hash[i], p_sku[i], p_quantity[i], p_amount[i],
                   CASE WHEN p_pool[i] IS NULL THEN 'processing' ELSE 'delivered' END,
                   CASE WHEN p_pool[i] IS NULL THEN 0 ELSE p_quantity[i] END, p_pool[i],
                   CASE WHEN p_pool[i] IS NULL THEN NULL WHEN p_quantity[i] = 1 THEN ARRAY[a_seq[p_first[i]]]
                        ELSE a_seq[p_first[i] : p_first[i] + p_quantity[i] - 1] END,
                   p_account[i], p_metadata[i], p_details[i],
                   CASE WHEN p_notify[i] AND p_pool[i] IS NOT NULL THEN 1 ELSE 0 END,
                   CASE WHEN p_pool[i] IS NOT NULL THEN v_commit_no END, committed_at, committed_at
            FROM unnest(lines) AS i;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            IF look_up THEN
                RAISE;
            END IF;
            look_up := true;
        END;
    END LOOP;

    WITH charged AS MATERIALIZED (
        SELECT p_partner[i] AS partner, array_agg(p_id[i]) AS ids, array_agg(-p_amount[i]) AS amounts,
               sum(p_amount[i])::bigint AS total, count(*) AS orders
        FROM unnest(lines) AS i GROUP BY 1
    ), noted AS (
        INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id, order_ids, amounts, created_at)
        SELECT c.partner, a.last_entry + c.orders, 'charge', -c.total, a.balance - c.total,
               CASE WHEN c.orders = 1 THEN c.ids[1] END, CASE WHEN c.orders > 1 THEN c.ids END,
               CASE WHEN c.orders > 1 THEN c.amounts END, committed_at
        FROM charged c JOIN account a ON a.partner_id = c.partner
    )
    UPDATE account a SET balance = a.balance - c.total, last_entry = a.last_entry + c.orders
    FROM charged c WHERE a.partner_id = c.partner;

    -- Statements with nothing to do are passed by: to start one costs as much as ten lines.
    IF array_position(buyer_used, NULL) > 0 THEN
        INSERT INTO buyer_usage (partner_id, sku_id, buyer_id, used)
        SELECT p_partner[i], p_sku[i], p_buyer[i], wanted
        FROM unnest(buyer_lines, buyer_wanted, buyer_used) AS b (i, wanted, used) WHERE used IS NULL;
    END IF;
    IF cardinality(array_remove(buyer_used, NULL)) > 0 THEN
        INSERT INTO buyer_usage AS known (partner_id, sku_id, buyer_id, used)
        SELECT p_partner[i], p_sku[i], p_buyer[i], wanted
        FROM unnest(buyer_lines, buyer_wanted, buyer_used) AS b (i, wanted, used) WHERE used IS NOT NULL
        ON CONFLICT (partner_id, sku_id, buyer_id) DO UPDATE SET used = known.used + excluded.used;
    END IF;

    IF true = ANY (p_notify) THEN
        INSERT INTO webhook (id, partner_id, order_id, type, sequence, url, next_attempt_at)
        SELECT p_id[i], p_partner[i], p_id[i], 'order.delivered', 1, p_notify_url[i], committed_at
        FROM unnest(lines) AS i WHERE p_notify[i] AND p_pool[i] IS NOT NULL;
    END IF;

    -- The owner has them in memory: nobody need look for them at once.
    IF cardinality(p_attempt) > 0 THEN
        INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, cost_max, face_value,
                             state, next_check_at, owner)
        SELECT p_attempt[i], p_partner[i], p_id[i], p_upstream[i], p_product[i], coalesce(p_account[i], ''), p_quantity[i],
               p_cost_max[i], p_face[i],
               'created', committed_at + interval '5 s', p_owner
        FROM unnest(lines) AS i WHERE p_attempt[i] IS NOT NULL;
    END IF;

    INSERT INTO allocation (pool_id, seq, order_id, lease_id)
    SELECT p_pool[a_line[k]], a_seq[k], p_id[a_line[k]], a_lease[k]
    FROM generate_series(1, cardinality(a_line)) AS k WHERE outcome[a_line[k]] = 1;

    -- I2: every code lies where its line says, and there are as many as were ordered. The audit
    -- makes the same digest of the orders that name this commit.
    SELECT coalesce(bool_and(k - p_first[a_line[k]] BETWEEN 0 AND p_quantity[a_line[k]] - 1), true) AS in_place, count(*) AS sold,
           (SELECT coalesce(sum(p_quantity[i]), 0) FROM unnest(lines) AS i WHERE p_pool[i] IS NOT NULL) AS wanted,
           sha256(array_send(array_agg(p_id[a_line[k]])) || array_send(array_agg(a_seq[k]))) AS digest
    INTO codes FROM generate_series(1, cardinality(a_line)) AS k WHERE outcome[a_line[k]] = 1;
    IF NOT codes.in_place OR codes.sold <> codes.wanted THEN
        RAISE EXCEPTION 'codes and quantities differ' USING ERRCODE = 'check_violation';
    END IF;
    IF codes.sold > 0 THEN
        PERFORM append_reveal(v_commit_no, p_chain, 'commit', NULL, codes.digest);
    END IF;
    RETURN NEXT;
END $$;

-- The buyers of the lines that have a limit: one of their lines, what they want in all, what they
-- had before (NULL: nothing yet). `exceeded`: one of them would have too much. For commit_orders alone.
CREATE FUNCTION buyers_of(
    p_lines integer[], p_partner bigint[], p_sku bigint[], p_quantity integer[], p_buyer text[], p_limit integer[]
) RETURNS TABLE (lines integer[], wanted bigint[], used bigint[], exceeded boolean) LANGUAGE plpgsql AS $$
BEGIN
    exceeded := false;
    IF cardinality(p_limit) > 0 THEN
        SELECT array_agg(d.line), array_agg(d.wanted), array_agg(b.used), coalesce(bool_or(coalesce(b.used, 0) + d.wanted > d.most), false)
        INTO lines, wanted, used, exceeded
        FROM (SELECT min(i) AS line, sum(p_quantity[i]) AS wanted, min(p_limit[i]) AS most
              FROM unnest(p_lines) AS i WHERE p_limit[i] IS NOT NULL GROUP BY p_partner[i], p_sku[i], p_buyer[i]) AS d
        LEFT JOIN LATERAL (
            SELECT u.used FROM buyer_usage u
            WHERE u.partner_id = p_partner[d.line] AND u.sku_id = p_sku[d.line] AND u.buyer_id = p_buyer[d.line] LIMIT 1) AS b ON true;
    END IF;
    RETURN NEXT;
END $$;

-- Judges the lines of a batch that are new (outcome 1) one by one, in order: for accounts short
-- of money and buyers near their limit. Outcomes and what explains them, as commit_orders returns them.
CREATE FUNCTION judge_lines(
    p_outcome integer[], p_existing bigint[], p_partner bigint[], p_sku bigint[], p_quantity integer[],
    p_amount bigint[], p_buyer text[], p_limit integer[]
) RETURNS TABLE (verdict integer[], known bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    i integer;
    left_over jsonb := '{}';
    used jsonb := '{}';
    funds bigint;
    bought bigint;
    buyer_key text;
BEGIN
    verdict := p_outcome;
    known := p_existing;
    FOR i IN 1 .. cardinality(p_partner) LOOP
        CONTINUE WHEN verdict[i] <> 1;
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
BEGIN
    LOOP
        UPDATE reveal_head h SET height = h.height + 1, hash = sha256(h.hash || p_digest) WHERE h.chain = p_chain RETURNING * INTO head;
        EXIT WHEN FOUND;
        INSERT INTO reveal_head (chain, height, hash) VALUES (p_chain, 0, sha256('')) ON CONFLICT DO NOTHING;
    END LOOP;
    INSERT INTO reveal (no, chain, height, via, items, digest, hash)
    VALUES (p_no, p_chain, head.height, p_via, p_items, p_digest, head.hash);
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
