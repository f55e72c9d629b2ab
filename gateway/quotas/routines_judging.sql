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

-- Lines with outcome 1 in order, each with what those before it left: 5 a quota is used up
-- (`refused`, and what it has left), 13 others have units that may do: try again.
CREATE FUNCTION judge_asks(
    p_outcome integer[], p_units integer[], p_line integer[], p_place integer[], p_counts quota_count[],
    OUT outcome integer[], OUT refused bigint[], OUT left_over bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    have bigint[] := ARRAY(SELECT c.left_over FROM unnest(p_counts) WITH ORDINALITY AS c ORDER BY c.ordinality);
    at   integer := 1;
    line integer;
    one  record;
    k    integer;
BEGIN
    outcome := p_outcome;
    refused := array_fill(NULL::bigint, ARRAY[cardinality(p_outcome)]);
    left_over := refused;
    IF is_enough(p_counts) THEN
        RETURN;
    END IF;
    WHILE at <= cardinality(p_line) LOOP
        line := p_line[at];
        one := judge_line(line, at, p_units, p_line, p_place, p_counts, have);
        IF outcome[line] = 1 AND one.short IS NOT NULL THEN
            outcome[line] := CASE WHEN one.is_sure THEN 5 ELSE 13 END;
            refused[line] := (p_counts[one.short]).quota_id;
            left_over[line] := have[one.short];
        ELSIF outcome[line] = 1 THEN
            FOR k IN at .. one.next - 1 LOOP
                have[p_place[k]] := have[p_place[k]] - p_units[line];
            END LOOP;
        END IF;
        at := one.next;
    END LOOP;
END $$;
