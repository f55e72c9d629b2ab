-- The digest of a change. Links that were made are checked by it for ever: its text may not change.
-- Times by their microseconds, so that no setting of a session matters. `p_how` NULL: a link from
-- before it was written down, whose text has none.
CREATE FUNCTION change_digest(p_id bigint, p_at timestamptz, p_actor text, p_action text, p_subject text, p_given jsonb, p_before jsonb,
                              p_after jsonb, p_reason text, p_whence text, p_how jsonb DEFAULT NULL) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to((jsonb_build_array(
        p_id, (extract(epoch FROM p_at) * 1000000)::bigint, p_actor, p_action, p_subject, p_given, p_before, p_after, p_reason, p_whence
    ) || CASE WHEN p_how IS NULL THEN '[]' ELSE jsonb_build_array(p_how) END)::text, 'UTF8'))
$$;

-- Writes down what an operator did, as the last statement of the transaction that did it.
CREATE FUNCTION record_change(p_actor text, p_action text, p_subject text, p_given jsonb, p_before jsonb, p_after jsonb, p_reason text,
                              p_whence text, p_how jsonb DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_at     timestamptz;
    v_height bigint;
    v_hash   bytea;
    v_digest bytea;
BEGIN
    SELECT h.height + 1, h.hash INTO STRICT v_height, v_hash FROM change_head h WHERE h.one FOR UPDATE;
    v_at := clock_timestamp();  -- after the wait: later links have later times
    v_digest := change_digest(v_height, v_at, p_actor, p_action, p_subject, p_given, p_before, p_after, p_reason, p_whence, p_how);
    v_hash := sha256(v_hash || v_digest);
    UPDATE change_head SET height = v_height, hash = v_hash WHERE one;
    INSERT INTO change (id, at, actor, action, subject, given, before, after, reason, whence, how, digest, hash)
    VALUES (v_height, v_at, p_actor, p_action, p_subject, p_given, p_before, p_after, p_reason, p_whence, p_how, v_digest, v_hash);
    RETURN v_height;
END $$;
