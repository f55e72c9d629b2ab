-- Adds one link to a reveal chain (I13). Its number: p_no is a commit's; NULL, it gets one.
CREATE FUNCTION append_reveal(p_no bigint, p_chain integer, p_via text, p_items jsonb, p_digest bytea) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head reveal_head%ROWTYPE;
BEGIN
    LOOP
        UPDATE reveal_head h SET height = h.height + 1, hash = sha256(h.hash || p_digest) WHERE h.chain = p_chain RETURNING * INTO head;
        EXIT WHEN FOUND;
        INSERT INTO reveal_head (chain, height, hash) VALUES (p_chain, 0, sha256('')) ON CONFLICT DO NOTHING;
    END LOOP;
    IF p_no IS NULL THEN
        INSERT INTO reveal (chain, height, via, items, digest, hash)
        VALUES (p_chain, head.height, p_via, p_items, p_digest, head.hash) RETURNING no INTO p_no;
    ELSE
        INSERT INTO reveal (no, chain, height, via, items, digest, hash)
        VALUES (p_no, p_chain, head.height, p_via, p_items, p_digest, head.hash);
    END IF;
    RETURN p_no;
END $$;

-- Records views of codes outside a commit (replays, reads) before the codes leave.
-- p_items: [{"order": …, "key": …, "via": …}, …].
CREATE FUNCTION record_views(p_chain integer, p_items jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT append_reveal(NULL, p_chain, 'read', p_items, sha256(convert_to(p_items::text, 'UTF8')))
$$;
