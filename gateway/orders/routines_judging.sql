-- What becomes of the lines of a commit: numbers that are known, windows, quotas, funds.
-- For commit_orders alone, which holds the accounts. Look-ups are LATERAL … LIMIT 1: a join over all
-- history would grow with it (design D5).

-- Outcomes of all lines, and the lines to create. Unless p_look_up, known numbers are not looked for:
-- then nothing may be refused, since a known number is answered before all else. If something
-- would be, `is_sure` is false and the rest means nothing.
CREATE FUNCTION judge_orders(
    p_look_up boolean, p_now timestamptz, p_partner bigint[], p_out text[], p_hash bytea[], p_amount bigint[],
    p_quantity integer[], p_details text[], p_line integer[], p_place integer[], p_counts quota_count[], p_opens timestamptz[],
    p_closes timestamptz[], p_hold bigint[], p_late boolean[], p_room bigint[], p_pass bigint[],
    OUT is_sure boolean, OUT outcome integer[], OUT existing bigint[], OUT refused bigint[], OUT lines integer[]
) LANGUAGE plpgsql AS $$
DECLARE
    one      record;
    judged   record;
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
    IF cardinality(p_pass) > 0 THEN
        outcome := judge_passes(outcome, p_partner, p_room, p_pass);
        is_sure := is_sure AND (p_look_up OR array_position(outcome, 30) IS NULL);
    END IF;
    IF cardinality(p_hold) > 0 THEN
        SELECT h.outcome, h.existing INTO outcome, existing FROM judge_holds(outcome, existing, p_partner, p_hold, p_late) AS h;
        is_sure := is_sure AND (p_look_up OR cardinality(array_positions(outcome, 1)) = cardinality(outcome));
    END IF;
    IF cardinality(p_opens) > 0 AND has_newcomers() THEN
        outcome := judge_newcomers(outcome, p_partner, p_details, p_hold);
        is_sure := is_sure AND (p_look_up OR cardinality(array_positions(outcome, 1)) = cardinality(outcome));
    END IF;
    lines := array_positions(outcome, 1);
    IF (p_counts IS NOT NULL AND NOT is_enough(p_counts)) OR is_short(lines, p_partner, p_amount) THEN
        is_sure := p_look_up AND is_sure;
        judged := judge_lines(outcome, existing, p_partner, p_amount, p_quantity, p_line, p_place, p_counts);
        outcome := judged.outcome;
        existing := judged.known;
        refused := judged.refused;
        lines := array_positions(outcome, 1);
    END IF;
END $$;

-- Whether some account has not what these lines cost.
CREATE FUNCTION is_short(p_lines integer[], p_partner bigint[], p_amount bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM (SELECT p_partner[i] AS partner, sum(p_amount[i]) AS total FROM unnest(p_lines) AS i GROUP BY 1) AS d
        JOIN account a ON a.partner_id = d.partner WHERE d.total > a.balance + a.credit_limit);
END $$;

-- Judges the lines of a batch that are new (outcome 1) one by one, in order: for accounts short
-- of money and quotas near their end. Outcomes and what explains them, as commit_orders returns them.
CREATE FUNCTION judge_lines(
    p_outcome integer[], p_existing bigint[], p_partner bigint[], p_amount bigint[], p_quantity integer[], p_line integer[],
    p_place integer[], p_counts quota_count[],
    OUT outcome integer[], OUT known bigint[], OUT refused bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    i         integer;
    k         integer;
    at        integer := 1;                       -- the next ask
    first_ask integer;
    asked     record;
    left_over jsonb := '{}';                      -- money, by partner
    have      bigint[] := ARRAY(SELECT c.left_over FROM unnest(p_counts) WITH ORDINALITY AS c ORDER BY c.ordinality);
    funds     bigint;
    used_up   integer := 5;                       -- 14 where holds that are over have units
BEGIN
    IF p_counts IS NOT NULL AND NOT is_enough(p_counts) AND has_due_units() THEN
        used_up := 14;
    END IF;
    outcome := p_outcome;
    known := p_existing;
    refused := array_fill(NULL::bigint, ARRAY[cardinality(p_partner)]);
    FOR i IN 1 .. cardinality(p_partner) LOOP
        first_ask := at;
        asked := judge_line(i, at, p_quantity, p_line, p_place, p_counts, have);
        at := asked.next;
        CONTINUE WHEN outcome[i] <> 1;
        IF asked.short IS NOT NULL THEN
            outcome[i] := CASE WHEN asked.is_sure THEN used_up ELSE 13 END;
            known[i] := have[asked.short];
            refused[i] := (p_counts[asked.short]).quota_id;
            CONTINUE;
        END IF;
        funds := left_over -> p_partner[i]::text;
        IF funds IS NULL THEN
            funds := coalesce((SELECT a.balance + a.credit_limit FROM account a WHERE a.partner_id = p_partner[i]), 0);
        END IF;
        IF p_amount[i] > funds THEN
            outcome[i] := 4;
            known[i] := funds;
            CONTINUE;
        END IF;
        left_over := left_over || jsonb_build_object(p_partner[i]::text, funds - p_amount[i]);
        FOR k IN first_ask .. at - 1 LOOP
            have[p_place[k]] := have[p_place[k]] - p_quantity[i];
        END LOOP;
    END LOOP;
END $$;
