-- Holds the leases of a commit until it ends, or raises QG001: one was lost, or its codes have
-- expired; its detail names which. How many.
CREATE FUNCTION hold_leases(p_id bigint[], p_epoch bigint[], p_now timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    held bigint;
BEGIN
    SELECT count(*) INTO held FROM (
        SELECT FROM lease l JOIN unnest(p_id, p_epoch) AS mine (id, epoch) ON l.id = mine.id
        WHERE l.epoch = mine.epoch AND l.state = 'active' AND (l.sell_until IS NULL OR l.sell_until > p_now)
        FOR SHARE OF l) AS held_leases;
    IF held <> cardinality(p_id) THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'QG001', DETAIL = (
            SELECT coalesce(string_agg(mine.id::text, ' '), '') FROM unnest(p_id, p_epoch) AS mine (id, epoch)
            WHERE NOT EXISTS (SELECT FROM lease l WHERE l.id = mine.id AND l.epoch = mine.epoch AND l.state = 'active'
                              AND (l.sell_until IS NULL OR l.sell_until > p_now)));
    END IF;
    RETURN held;
END $$;

-- Holds the codes of a commit against its orders, and adds the link of the chain that records which
-- codes went to which order (I13). How many codes.
CREATE FUNCTION record_codes(
    p_lines integer[], p_outcome integer[], p_id bigint[], p_quantity integer[], p_pool bigint[], p_first integer[],
    a_line integer[], a_seq bigint[], p_commit_no bigint, p_chain integer
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    codes record;
    done  bigint;
BEGIN
    -- I2: every code lies where its line says, and there are as many as were ordered. The audit
    -- makes the same digest of the orders that name this commit.
    SELECT coalesce(bool_and(k - p_first[a_line[k]] BETWEEN 0 AND p_quantity[a_line[k]] - 1), true) AS in_place, count(*) AS sold,
           (SELECT coalesce(sum(p_quantity[i]), 0) FROM unnest(p_lines) AS i WHERE p_pool[i] IS NOT NULL) AS wanted,
           sha256(array_send(array_agg(p_id[a_line[k]])) || array_send(array_agg(a_seq[k]))) AS digest
    INTO codes FROM generate_series(1, cardinality(a_line)) AS k WHERE p_outcome[a_line[k]] = 1;
    IF NOT codes.in_place OR codes.sold <> codes.wanted THEN
        RAISE EXCEPTION 'codes and quantities differ' USING ERRCODE = 'check_violation';
    END IF;
    IF codes.sold > 0 THEN
        done := append_reveal(p_commit_no, p_chain, 'commit', NULL, codes.digest);
    END IF;
    RETURN codes.sold;
END $$;
