-- What becomes of the lines of a commit: numbers that are known, windows, purchase limits, funds.
-- For commit_orders alone, which holds the accounts. Look-ups are LATERAL … LIMIT 1: a join over all
-- history would grow with it (design D5).

-- What a buyer wants of a SKU with a limit in this batch: one of its lines stands for it; `used`
-- is what it had before, NULL: nothing yet.
CREATE TYPE buyer_share AS (line integer, wanted bigint, used bigint);

-- Outcomes of all lines, and the lines to create. Unless p_look_up, known numbers are not looked for:
-- then nothing may be refused, since a known number is answered before all else. If something
-- would be, `is_sure` is false and the rest means nothing.
CREATE FUNCTION judge_orders(
    p_look_up boolean, p_now timestamptz, p_partner bigint[], p_out text[], p_hash bytea[], p_sku bigint[], p_quantity integer[],
    p_amount bigint[], p_buyer text[], p_limit integer[], p_opens timestamptz[], p_closes timestamptz[],
    p_hold bigint[], p_late boolean[],
    OUT is_sure boolean, OUT outcome integer[], OUT existing bigint[], OUT lines integer[], OUT buyers buyer_share[]
) LANGUAGE plpgsql AS $$
DECLARE
    one      record;
    judged   record;
    exceeded boolean;                             -- NULL: nobody has a limit
BEGIN
    is_sure := true;
    outcome := array_fill(1, ARRAY[cardinality(p_partner)]);
    existing := array_fill(NULL::bigint, ARRAY[cardinality(p_partner)]);
    IF p_look_up THEN
        FOR one IN SELECT i, o.id, o.content_hash FROM generate_series(1, cardinality(p_partner)) AS i
                   CROSS JOIN LATERAL (SELECT e.id, e.content_hash FROM orders e
                                       WHERE e.partner_id = p_partner[i] AND e.out_order_no = p_out[i] LIMIT 1) AS o LOOP
            outcome[one.i] := CASE WHEN one.content_hash = p_hash[one.i] THEN 2 ELSE 3 END;
            existing[one.i] := one.id;
        END LOOP;
    END IF;
    IF cardinality(p_opens) > 0 THEN
        outcome := ARRAY(SELECT CASE WHEN outcome[i] = 1 AND NOT (p_opens[i] <= p_now AND p_now < p_closes[i])
                                     THEN 11 ELSE outcome[i] END FROM generate_series(1, cardinality(p_partner)) AS i);
        is_sure := p_look_up OR array_position(outcome, 11) IS NULL;
    END IF;
    IF cardinality(p_hold) > 0 THEN
        SELECT h.outcome, h.existing INTO outcome, existing FROM judge_holds(outcome, existing, p_partner, p_hold, p_late) AS h;
        is_sure := is_sure AND (p_look_up OR cardinality(array_positions(outcome, 1)) = cardinality(outcome));
    END IF;
    lines := array_positions(outcome, 1);
    IF cardinality(p_limit) > 0 THEN
        SELECT b.buyers, b.exceeded INTO buyers, exceeded FROM buyers_of(lines, p_partner, p_sku, p_quantity, p_buyer, p_limit) AS b;
    END IF;
    IF exceeded OR is_short(lines, p_partner, p_amount) THEN
        is_sure := p_look_up AND is_sure;
        judged := judge_lines(outcome, existing, p_partner, p_sku, p_quantity, p_amount, p_buyer, p_limit);
        outcome := judged.verdict;
        existing := judged.known;
        lines := array_positions(outcome, 1);
        SELECT b.buyers INTO buyers FROM buyers_of(lines, p_partner, p_sku, p_quantity, p_buyer, p_limit) AS b;
    END IF;
END $$;

-- Whether some account has not what these lines cost.
CREATE FUNCTION is_short(p_lines integer[], p_partner bigint[], p_amount bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM (SELECT p_partner[i] AS partner, sum(p_amount[i]) AS total FROM unnest(p_lines) AS i GROUP BY 1) AS d
        JOIN account a ON a.partner_id = d.partner WHERE d.total > a.balance + a.credit_limit);
END $$;

-- The buyers of the lines that have a limit. `exceeded`: one of them would have too much.
CREATE FUNCTION buyers_of(
    p_lines integer[], p_partner bigint[], p_sku bigint[], p_quantity integer[], p_buyer text[], p_limit integer[],
    OUT buyers buyer_share[], OUT exceeded boolean
) LANGUAGE plpgsql AS $$
BEGIN
    exceeded := false;
    IF cardinality(p_limit) > 0 THEN
        SELECT array_agg((d.line, d.wanted, b.used)::buyer_share), coalesce(bool_or(coalesce(b.used, 0) + d.wanted > d.most), false)
        INTO buyers, exceeded
        FROM (SELECT min(i) AS line, sum(p_quantity[i]) AS wanted, min(p_limit[i]) AS most
              FROM unnest(p_lines) AS i WHERE p_limit[i] IS NOT NULL GROUP BY p_partner[i], p_sku[i], p_buyer[i]) AS d
        LEFT JOIN LATERAL (
            SELECT u.used FROM buyer_usage u
            WHERE u.partner_id = p_partner[d.line] AND u.sku_id = p_sku[d.line] AND u.buyer_id = p_buyer[d.line] LIMIT 1) AS b ON true;
    END IF;
END $$;

-- Judges the lines of a batch that are new (outcome 1) one by one, in order: for accounts short
-- of money and buyers near their limit. Outcomes and what explains them, as commit_orders returns them.
CREATE FUNCTION judge_lines(
    p_outcome integer[], p_existing bigint[], p_partner bigint[], p_sku bigint[], p_quantity integer[],
    p_amount bigint[], p_buyer text[], p_limit integer[], OUT verdict integer[], OUT known bigint[]
) LANGUAGE plpgsql AS $$
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
END $$;
