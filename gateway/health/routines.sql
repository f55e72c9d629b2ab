-- Deletes one step of what has outlived its term: rows older than p_days, at least a week, after p_after
-- in the order of their ids, p_rows of them at most. `more`: there may be more; `last`: go on from
-- there. As the owner: the gateway's role may not delete these rows itself, and what proves money
-- or a view is not among them. One at a time: who finds somebody else at it gets no row.
CREATE FUNCTION forget(p_what text, p_days integer, p_after bigint, p_rows integer)
RETURNS TABLE (deleted bigint, last bigint, more boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    cutoff timestamptz := now() - make_interval(days => greatest(p_days, 7));
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('quangate.forget')) THEN
        RETURN;
    END IF;
    CASE p_what
    WHEN 'callback' THEN
        WITH step AS (SELECT c.id, coalesce(c.last_at, c.received_at) < cutoff AS old FROM callback c WHERE c.id > p_after ORDER BY c.id LIMIT p_rows),
             gone AS (DELETE FROM callback c USING step s WHERE c.id = s.id AND s.old RETURNING 1)
        SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) INTO deleted, last, more FROM step s;
    WHEN 'webhook' THEN
        WITH step AS (SELECT w.id, w.created_at < cutoff AS old, w.state FROM webhook w WHERE w.id > p_after ORDER BY w.id LIMIT p_rows),
             gone AS (DELETE FROM webhook w USING step s WHERE w.id = s.id AND s.old AND s.state IN ('delivered', 'dead') RETURNING 1)
        SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) INTO deleted, last, more FROM step s;
    WHEN 'lease' THEN
        WITH step AS (SELECT l.id, l.expires_at < cutoff AS old, l.state FROM lease l WHERE l.id > p_after ORDER BY l.id LIMIT p_rows),
             gone AS (DELETE FROM lease l USING step s WHERE l.id = s.id AND s.old AND s.state = 'closed' RETURNING 1)
        SELECT (SELECT count(*) FROM gone), max(s.id), coalesce(bool_or(s.old), false) INTO deleted, last, more FROM step s;
    WHEN 'channel_order' THEN
        WITH step AS (SELECT c.partner_id, c.out_order_no FROM channel_order c
                      WHERE c.created_at < cutoff AND c.state IN ('delivered', 'dead') AND c.next_attempt_at IS NULL
                      ORDER BY c.created_at LIMIT p_rows)
        DELETE FROM channel_order c USING step s WHERE c.partner_id = s.partner_id AND c.out_order_no = s.out_order_no;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        last := 0;
        more := deleted = p_rows;
    WHEN 'commit_batch' THEN  -- a commit in doubt is decided within seconds, by the process that sent it
        DELETE FROM commit_batch b WHERE b.id IN (
            SELECT c.id FROM commit_batch c WHERE c.committed_at < now() - make_interval(days => greatest(p_days, 1)) LIMIT p_rows);
        GET DIAGNOSTICS deleted = ROW_COUNT;
        last := 0;
        more := deleted = p_rows;
    END CASE;
    IF deleted > 0 THEN
        INSERT INTO forgotten AS f (what, before) VALUES (p_what, cutoff)
        ON CONFLICT (what) DO UPDATE SET before = greatest(f.before, excluded.before);
    END IF;
    RETURN NEXT;
END $$;
