-- Passes in a commit, for commit_orders alone, which holds the accounts: of one partner commits come
-- one by one, so a number that is not used by then is not used before we commit.

-- Outcomes: 30 for a line whose pass an order used, or an earlier line of this commit.
CREATE FUNCTION judge_passes(p_outcome integer[], p_partner bigint[], p_room bigint[], p_pass bigint[]) RETURNS integer[] LANGUAGE plpgsql AS $$
BEGIN
    RETURN ARRAY(
        SELECT CASE WHEN p_outcome[i] = 1 AND (used.number IS NOT NULL OR has_one AND turn > 1) THEN 30 ELSE p_outcome[i] END
        FROM (SELECT n AS i, p_pass[n] IS NOT NULL AS has_one,
                     row_number() OVER (PARTITION BY p_partner[n], p_room[n], p_pass[n], p_outcome[n] = 1 ORDER BY n) AS turn
              FROM generate_series(1, cardinality(p_partner)) AS n) AS line
        LEFT JOIN LATERAL (
            SELECT u.number FROM pass_use u
            WHERE u.partner_id = p_partner[line.i] AND u.campaign_id = p_room[line.i] AND u.number = p_pass[line.i] LIMIT 1) AS used ON line.has_one
        ORDER BY i);
END $$;

-- The passes of the lines that are made are used up. How many.
CREATE FUNCTION use_passes(p_lines integer[], p_partner bigint[], p_room bigint[], p_pass bigint[], p_id bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    used bigint;
BEGIN
    INSERT INTO pass_use (partner_id, campaign_id, number, order_id)
    SELECT p_partner[i], p_room[i], p_pass[i], p_id[i] FROM unnest(p_lines) AS i WHERE p_pass[i] IS NOT NULL;
    GET DIAGNOSTICS used = ROW_COUNT;
    RETURN used;
END $$;

-- The numbers of buyers in waiting rooms, one line each; who has none is given the next. Rooms are
-- held meanwhile: a number is one buyer's.
CREATE FUNCTION issue_passes(
    p_partner bigint[], p_room bigint[], p_buyer text[], OUT line integer, OUT number bigint, OUT is_new boolean
) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM waiting_room w WHERE w.campaign_id = ANY (p_room) ORDER BY w.campaign_id FOR NO KEY UPDATE;
    FOR i IN 1 .. cardinality(p_partner) LOOP
        line := i;
        number := (SELECT n.number FROM pass_number n WHERE n.partner_id = p_partner[i] AND n.campaign_id = p_room[i] AND n.buyer_id = p_buyer[i]);
        is_new := number IS NULL;
        IF is_new THEN
            UPDATE waiting_room w SET issued = w.issued + 1 WHERE w.campaign_id = p_room[i] RETURNING w.issued INTO number;
            INSERT INTO pass_number (partner_id, campaign_id, buyer_id, number) VALUES (p_partner[i], p_room[i], p_buyer[i], number);
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
