-- Passes of waiting rooms at the hold: it uses one up as an order would (campaigns/routines_passes.sql),
-- in the transaction that makes it; its confirm needs none. Whatever becomes of it, the pass stays used.

-- Outcomes: 30 for a line whose pass is used. NULL: no line has one. Accounts are held (lock_hold_accounts):
-- a number that is not used by now is not used before we commit.
CREATE FUNCTION judge_hold_passes(p_lines hold_line[]) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    partners bigint[] := ARRAY(SELECT l.partner_id FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality);
    rooms    bigint[] := ARRAY(SELECT l.room FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality);
    passes   bigint[] := ARRAY(SELECT l.pass FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality);
BEGIN
    IF cardinality(array_remove(passes, NULL)) = 0 THEN
        RETURN NULL;
    END IF;
    RETURN judge_passes(array_fill(1, ARRAY[cardinality(p_lines)]), partners, rooms, passes);
END $$;

-- The passes of what was made are used up by it. How many.
CREATE FUNCTION use_hold_passes(p_lines hold_line[], p_answers hold_answer[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN use_passes(
        ARRAY(SELECT a.ordinality::integer FROM unnest(p_answers) WITH ORDINALITY AS a WHERE a.outcome = 1 ORDER BY 1),
        ARRAY(SELECT l.partner_id FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality),
        ARRAY(SELECT l.room FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality),
        ARRAY(SELECT l.pass FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality),
        ARRAY(SELECT l.id FROM unnest(p_lines) WITH ORDINALITY AS l ORDER BY l.ordinality));
END $$;
