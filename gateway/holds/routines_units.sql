-- What holds have of quotas: a hold takes units as an order does, its order has them after it, and they
-- come back when it ends otherwise (quotas/routines.sql, quotas/routines_owners.sql).
--
-- Of totals all holds share one block, -1, which is no connection's chain.

-- What a batch of holds asks while it is made: the counts as hold_counts gave them, what is left of
-- each for the lines to come, and by line its units and its asks.
CREATE TYPE hold_units AS (
    counts quota_count[], totals integer[], are_ours boolean, have bigint[], quantity integer[], line integer[], place integer[]
);

-- Holds the counts, after the pool.
CREATE FUNCTION open_hold_units(
    p_count_quota bigint[], p_count_subject text[], p_count_wanted bigint[], p_ask_line integer[], p_ask_place integer[],
    p_lines hold_line[], p_now timestamptz
) RETURNS hold_units LANGUAGE plpgsql AS $$
DECLARE
    held  record;
    units hold_units;
BEGIN
    held := hold_counts(p_count_quota, p_count_subject, p_count_wanted, -1, p_now);
    units.counts := held.counts;
    units.totals := held.totals;
    units.are_ours := held.are_ours;
    units.have := ARRAY(SELECT c.left_over FROM unnest(units.counts) WITH ORDINALITY AS c ORDER BY c.ordinality);
    units.quantity := ARRAY(SELECT l.quantity FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality);
    units.line := p_ask_line;
    units.place := p_ask_place;
    RETURN units;
END $$;

-- What is said of a line that may be held so far: 5, 13 or 14 where a quota has not so many left.
CREATE FUNCTION judge_hold_units(p_said hold_answer, p_at integer, p_units hold_units) RETURNS hold_answer LANGUAGE plpgsql AS $$
DECLARE
    first integer := array_position(p_units.line, p_at);
    asked record;
BEGIN
    IF p_said.outcome <> 1 OR first IS NULL THEN
        RETURN p_said;
    END IF;
    asked := judge_line(p_at, first, p_units.quantity, p_units.line, p_units.place, p_units.counts, p_units.have);
    IF asked.short IS NOT NULL THEN
        p_said.outcome := CASE WHEN NOT asked.is_sure THEN 13 WHEN has_due_units() THEN 14 ELSE 5 END;
        p_said.refused := (p_units.counts[asked.short]).quota_id;
        p_said.left_over := p_units.have[asked.short];
    END IF;
    RETURN p_said;
END $$;

-- What is left for the others once a line is held.
CREATE FUNCTION have_less(p_at integer, p_units hold_units) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    k integer;
BEGIN
    FOREACH k IN ARRAY array_positions(p_units.line, p_at) LOOP
        p_units.have[p_units.place[k]] := p_units.have[p_units.place[k]] - p_units.quantity[p_at];
    END LOOP;
    RETURN p_units.have;
END $$;

-- Takes for what was made what it asked.
CREATE FUNCTION take_hold_units(p_lines hold_line[], p_answers hold_answer[], p_units hold_units, p_now timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM take_units(
        ARRAY(SELECT a.outcome FROM unnest(p_answers) WITH ORDINALITY AS a ORDER BY a.ordinality), false,
        ARRAY(SELECT l.partner_id FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality),
        ARRAY(SELECT l.id FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality), p_units.quantity,
        ARRAY(SELECT l.quotas FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality), p_units.line, p_units.place,
        p_units.counts, p_units.totals, p_units.are_ours, -1, p_now);
END $$;

-- The orders of a commit have from now on what their holds took; those of late ones took their own.
CREATE FUNCTION pass_hold_units(p_lines integer[], p_partner bigint[], p_id bigint[], p_hold bigint[], p_late boolean[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    passed integer[] := ARRAY(SELECT i FROM unnest(p_lines) AS i WHERE p_hold[i] IS NOT NULL AND NOT p_late[i]);
BEGIN
    IF cardinality(passed) > 0 THEN
        PERFORM pass_units(ARRAY(SELECT p_partner[i] FROM unnest(passed) AS i), ARRAY(SELECT p_hold[i] FROM unnest(passed) AS i),
                           ARRAY(SELECT p_id[i] FROM unnest(passed) AS i));
    END IF;
END $$;

-- Gives back what holds have that ended. For the end of a transaction: who holds counts waits for
-- nothing else, and takes all of them at once.
CREATE FUNCTION give_back_hold_units(p_partner bigint[], p_hold bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(p_hold) > 0 THEN
        PERFORM give_back_units(p_partner, p_hold, array_fill(NULL::integer, ARRAY[cardinality(p_hold)]),
                                array_fill(false, ARRAY[cardinality(p_hold)]));
    END IF;
END $$;

-- Whether holds that are over have units of quotas still: nobody is refused because of those (orders and holds
-- alike: outcome 14). For whoever is about to be refused; pool by pool, as the index has them.
CREATE FUNCTION has_due_units() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM hold h WHERE h.pool_id IS NULL AND h.state = 'held' AND h.expires_at <= now()
                   AND has_units(h.partner_id, h.id))
        OR EXISTS (SELECT FROM hold_pool p CROSS JOIN LATERAL (
                       SELECT FROM hold h WHERE h.pool_id = p.pool_id AND h.state = 'held' AND h.expires_at <= now()
                       AND has_units(h.partner_id, h.id) LIMIT 1) AS due);
END $$;
