-- The number of the next view, or commit.
CREATE FUNCTION next_reveal() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT nextval('reveal_no')
$$;

-- Adds one link to a reveal chain (I13). Its number.
CREATE FUNCTION append_reveal(p_no bigint, p_chain integer, p_via text, p_items jsonb, p_digest bytea) RETURNS bigint LANGUAGE plpgsql AS $$
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
    RETURN p_no;
END $$;

-- Records views of codes outside a commit (replays, reads) before the codes leave.
-- p_items: [{"order": …, "key": …, "via": …}, …].
CREATE FUNCTION record_views(p_chain integer, p_items jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT append_reveal(next_reveal(), p_chain, 'read', p_items, sha256(convert_to(p_items::text, 'UTF8')))
$$;
