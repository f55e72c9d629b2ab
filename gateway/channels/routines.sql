-- A step of forgetting results from before p_cutoff that were told or given up; see health/routines.sql.
CREATE FUNCTION forget_channel_orders(p_cutoff timestamptz, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE plpgsql AS $$
BEGIN
    WITH step AS (SELECT c.partner_id, c.out_order_no FROM public.channel_order c
                  WHERE c.created_at < p_cutoff AND c.state IN ('delivered', 'dead') AND c.next_attempt_at IS NULL
                  ORDER BY c.created_at LIMIT p_rows)
    DELETE FROM public.channel_order c USING step s WHERE c.partner_id = s.partner_id AND c.out_order_no = s.out_order_no;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    last := 0;
    more := deleted = p_rows;
END $$;

-- The same of orders that were followed to their end.
CREATE FUNCTION forget_channel_tasks(p_cutoff timestamptz, p_rows integer, OUT deleted bigint, OUT last bigint, OUT more boolean)
LANGUAGE plpgsql AS $$
BEGIN
    WITH step AS (SELECT t.partner_id, t.number FROM public.channel_task t
                  WHERE t.created_at < p_cutoff AND t.state = 'done' ORDER BY t.created_at LIMIT p_rows)
    DELETE FROM public.channel_task t USING step s WHERE t.partner_id = s.partner_id AND t.number = s.number;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    last := 0;
    more := deleted = p_rows;
END $$;
