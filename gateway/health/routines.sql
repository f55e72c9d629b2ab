-- Deletes one step of what has outlived its term: rows older than p_days, at least a week, after p_after
-- in the order of their ids, p_rows of them at most, by the routine of the feature they belong to. `more`:
-- there may be more; `last`: go on from there. As the owner: the gateway's role may not delete these
-- rows itself (so neither by those routines), and what proves money or a view is not among them. One
-- at a time: who finds somebody else at it gets no row. Under its owner's rights every table is named with
-- its schema: nobody's temporary one is taken for it.
CREATE FUNCTION forget(p_what text, p_days integer, p_after bigint, p_rows integer)
RETURNS TABLE (deleted bigint, last bigint, more boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    cutoff timestamptz := now() - make_interval(days => greatest(p_days, 7));
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('quangate.forget')) THEN
        RETURN;
    END IF;
    CASE p_what
    WHEN 'callback' THEN SELECT f.* INTO deleted, last, more FROM forget_callbacks(cutoff, p_after, p_rows) AS f;
    WHEN 'webhook' THEN SELECT f.* INTO deleted, last, more FROM forget_webhooks(cutoff, p_after, p_rows) AS f;
    WHEN 'lease' THEN SELECT f.* INTO deleted, last, more FROM forget_leases(cutoff, p_after, p_rows) AS f;
    WHEN 'channel_order' THEN SELECT f.* INTO deleted, last, more FROM forget_channel_orders(cutoff, p_rows) AS f;
    WHEN 'channel_task' THEN SELECT f.* INTO deleted, last, more FROM forget_channel_tasks(cutoff, p_rows) AS f;
    WHEN 'sandbox_order' THEN SELECT f.* INTO deleted, last, more FROM forget_sandbox_orders(cutoff, p_after, p_rows) AS f;
    WHEN 'service_case' THEN SELECT f.* INTO deleted, last, more FROM forget_cases(cutoff, p_after, p_rows) AS f;
    WHEN 'quota_use' THEN SELECT f.* INTO deleted, last, more FROM forget_counts(cutoff, p_after, p_rows) AS f;
    WHEN 'commit_batch' THEN  -- a commit in doubt is decided within seconds, by the process that sent it
        SELECT f.* INTO deleted, last, more FROM forget_commits(now() - make_interval(days => greatest(p_days, 1)), p_rows) AS f;
    END CASE;
    IF deleted > 0 THEN
        INSERT INTO public.forgotten AS f (what, before) VALUES (p_what, cutoff)
        ON CONFLICT (what) DO UPDATE SET before = greatest(f.before, excluded.before);
    END IF;
    RETURN NEXT;
END $$;
