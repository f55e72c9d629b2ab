-- The sandbox's orders.

-- An order of the sandbox, or why there is none; `known` is the one that has the number. 'none': it is
-- refused anyway, and the number is not known; 'once': at the first try; 'full': p_most were made since
-- p_since. Of equal numbers at once one is made.
CREATE FUNCTION place_sandbox(
    p_partner bigint, p_id bigint, p_number text, p_hash bytea, p_sku text, p_quantity integer, p_amount bigint, p_account text,
    p_metadata text, p_plan text, p_held_until timestamptz, p_now timestamptz, p_refused boolean, p_once boolean,
    p_since bigint, p_most integer, OUT outcome text, OUT known bigint
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT s.id INTO known FROM sandbox_order s WHERE s.partner_id = p_partner AND s.out_order_no = p_number AND s.plan IS NOT NULL;
    IF FOUND THEN
        outcome := 'known';
        RETURN;
    END IF;
    IF p_refused THEN
        outcome := 'none';
        RETURN;
    END IF;
    IF (SELECT count(*) FROM (SELECT FROM sandbox_order s WHERE s.partner_id = p_partner AND s.id >= p_since LIMIT p_most) AS few) >= p_most THEN
        outcome := 'full';
        RETURN;
    END IF;
    IF p_once THEN
        INSERT INTO sandbox_order (id, partner_id, out_order_no, created_at) VALUES (p_id, p_partner, p_number, p_now)
        ON CONFLICT (partner_id, out_order_no) DO NOTHING;
        IF FOUND THEN
            outcome := 'once';
            RETURN;
        END IF;
    END IF;
    DELETE FROM sandbox_order s WHERE s.partner_id = p_partner AND s.out_order_no = p_number AND s.plan IS NULL;
    INSERT INTO sandbox_order (id, partner_id, out_order_no, content_hash, sku, quantity, amount, account, metadata, plan, held_until, created_at)
    VALUES (p_id, p_partner, p_number, p_hash, p_sku, p_quantity, p_amount, p_account, p_metadata, p_plan, p_held_until, p_now)
    ON CONFLICT (partner_id, out_order_no) DO NOTHING;
    IF FOUND THEN
        outcome := 'created';
        RETURN;
    END IF;
    outcome := 'known';
    SELECT s.id INTO known FROM sandbox_order s WHERE s.partner_id = p_partner AND s.out_order_no = p_number;
END $$;

-- A step of forgetting orders from before p_cutoff; see health/routines.sql.
CREATE FUNCTION forget_sandbox_orders(p_cutoff timestamptz, p_after bigint, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE sql AS $$
    WITH step AS (SELECT s.id, s.created_at < p_cutoff AS old FROM public.sandbox_order s WHERE s.id > p_after ORDER BY s.id LIMIT p_rows),
         gone AS (DELETE FROM public.sandbox_order s USING step t WHERE s.id = t.id AND t.old RETURNING 1)
    SELECT (SELECT count(*) FROM gone), max(t.id), coalesce(bool_or(t.old), false) FROM step t
$$;
