-- Moves what a demo made within a minute to the hours of a week. It goes past every trigger, as only the owner
-- of an embedded database can, so it is for a shop that the demo itself has just made and for no other: `older`
-- finds whatever was there before, and then nothing is moved. Constraints hold all the same, and `quangate audit`
-- has to be content afterwards.

-- name: tables
-- Every table with times that are written down: a question whether one is older than $1 (Unix seconds), and how they
-- are moved. NULL: not at all; only machines go by them, and they are over when the gateway stops.
SELECT format('SELECT EXISTS (SELECT FROM %I WHERE %s)', c.relname,
              string_agg(format('isfinite(%1$I) AND %1$I < to_timestamp($1)', a.attname), ' OR ' ORDER BY a.attnum)) AS older,
       CASE WHEN c.relname NOT IN ('migration', 'worker', 'lane_state', 'used_nonce', 'alert_look', 'forgotten')
            THEN format('UPDATE %I SET %s', c.relname,
                        string_agg(format('%1$I = pg_temp.then_of(%1$I)', a.attname), ', ' ORDER BY a.attnum)) END AS move,
       c.relname::text AS named
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.atttypid = 'timestamptz'::regtype
GROUP BY c.relname ORDER BY c.relname

-- name: create_slots
-- The map from the making to the week. `slots` are consecutive: one ends where the next begins.
CREATE TEMP TABLE slots (real_lo timestamptz PRIMARY KEY, past timestamptz NOT NULL, stretch float8 NOT NULL)

-- name: create_then
-- When that was in the week; what lies before the first slot or after the making stays.
CREATE OR REPLACE FUNCTION pg_temp.then_of(p_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT isfinite(p_at) OR p_at >= now() THEN p_at ELSE coalesce(
        (SELECT s.past + s.stretch * (p_at - s.real_lo) FROM pg_temp.slots s WHERE s.real_lo <= p_at ORDER BY s.real_lo DESC LIMIT 1),
        p_at) END
$$

-- name: create_text_then
-- The same of each time written within a text, in its own form.
CREATE OR REPLACE FUNCTION pg_temp.text_then(p_text text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    one record;
    told text := p_text;
BEGIN
    FOR one IN SELECT DISTINCT m[1] AS written, m[2] AS day_end, m[3] AS part, m[4] AS zone FROM regexp_matches(p_text,
        '(\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00(?::00)?))', 'g') AS m LOOP
        told := replace(told, one.written, to_char(pg_temp.then_of(one.written::timestamptz) AT TIME ZONE 'UTC',
            'YYYY-MM-DD"' || one.day_end || '"HH24:MI:SS') || left(to_char(pg_temp.then_of(one.written::timestamptz), '.US'),
            length(coalesce(one.part, ''))) || one.zone);
    END LOOP;
    RETURN told;
END
$$

-- name: insert_slot
INSERT INTO pg_temp.slots (real_lo, past, stretch) VALUES (to_timestamp($1), to_timestamp($2), $3)

-- name: past_triggers
-- Of this session alone: the triggers that keep what was written as it was.
SET session_replication_role = replica

-- name: migrations_begin
-- The schema is as old as what is in it: it was made before the first slot, which `then_of` leaves where it was.
UPDATE migration SET applied_at = least(applied_at, (SELECT min(past) FROM pg_temp.slots) - interval '1 hour')

-- name: approvals_end
-- What ends so long after it began, and was not over when the making was: as long after as before.
UPDATE approval SET expires_at = expires_at + (pg_temp.then_of(requested_at) - requested_at)

-- name: cases_end
UPDATE service_case SET deadline_at = deadline_at + (pg_temp.then_of(updated_at) - updated_at) WHERE deadline_at >= now()

-- name: tokens_end
UPDATE token SET expires_at = expires_at + (pg_temp.then_of(created_at) - created_at) WHERE expires_at >= now()

-- name: texts
-- Messages whose text is fixed, and what the log of changes shows of rows.
UPDATE webhook SET body = convert_to(pg_temp.text_then(convert_from(body, 'UTF8')), 'UTF8') WHERE body IS NOT NULL

-- name: change_texts
UPDATE change SET given = pg_temp.text_then(given::text)::jsonb, before = pg_temp.text_then(before::text)::jsonb,
                  after = pg_temp.text_then(after::text)::jsonb

-- name: change_chain
-- The log's chain over the times as they are now.
DO $$
DECLARE
    one change%ROWTYPE;
    v_hash bytea := sha256('');
BEGIN
    FOR one IN SELECT * FROM change ORDER BY id LOOP
        one.digest := change_digest(one.id, one.at, one.actor, one.action, one.subject, one.given, one.before, one.after,
                                    one.reason, one.whence, one.how);
        v_hash := sha256(v_hash || one.digest);
        UPDATE change SET digest = one.digest, hash = v_hash WHERE id = one.id;
    END LOOP;
    UPDATE change_head SET hash = v_hash;
END
$$
