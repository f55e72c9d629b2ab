-- Whether what lines ask of quotas can be had.

-- Whether all of it can: then nobody need be judged alone.
CREATE FUNCTION is_enough(p_counts quota_count[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT NOT EXISTS (SELECT FROM unnest(p_counts) AS c WHERE c.wanted > c.left_over)
$$;

-- What one line gets: the first ask behind its own, from the one at `p_from` on, and the count that
-- cannot meet it (NULL: all can), the first that is sure of it before others. `p_left`: what counts
-- have left; NULL: they ask nothing.
CREATE FUNCTION judge_line(
    p_at integer, p_from integer, p_units integer[], p_line integer[], p_place integer[], p_counts quota_count[], p_left bigint[],
    OUT next integer, OUT short integer, OUT is_sure boolean
) LANGUAGE plpgsql AS $$
BEGIN
    next := p_from;
    is_sure := false;
    WHILE next <= cardinality(p_line) AND p_line[next] = p_at LOOP
        IF NOT is_sure AND p_units[p_at] > p_left[p_place[next]] THEN
            is_sure := (p_counts[p_place[next]]).is_sure;
            IF is_sure OR short IS NULL THEN
                short := p_place[next];
            END IF;
        END IF;
        next := next + 1;
    END LOOP;
END $$;
