-- Drops the routines of other versions that nobody names any more, as far as they are the
-- caller's. A schema is named by every open connection of its version, which holds a shared
-- advisory lock on it, and by every living worker that says so; a living worker that says nothing
-- (an older release) may name any. Who goes unnamed is marked, by the schema's comment, and dropped
-- when that is p_term ago. Nothing outside a schema is dropped with it. Returns what was dropped.
CREATE FUNCTION retire_routines(p_own text, p_term interval) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    one      record;
    since    timestamptz;
    is_named boolean;
BEGIN
    FOR one IN
        SELECT n.nspname AS name, obj_description(n.oid, 'pg_namespace') AS mark,
               ('x5152' || right(n.nspname, 12))::bit(64)::bigint AS lock  -- "QR": ground/sql/migrate.py
        FROM pg_namespace n
        WHERE n.nspname ~ '^routines_[0-9a-f]{12}$' AND n.nspname <> p_own AND NOT pg_is_in_recovery()
          AND pg_has_role(n.nspowner, 'USAGE') ORDER BY n.nspname
    LOOP
        is_named := NOT pg_try_advisory_xact_lock(one.lock) OR EXISTS (
            SELECT FROM public.worker w WHERE w.expires_at > now()
              AND (w.routines_of IS DISTINCT FROM w.worker_id OR w.routines = one.name));
        IF is_named THEN
            IF one.mark IS NOT NULL THEN
                EXECUTE format('COMMENT ON SCHEMA %I IS NULL', one.name);
            END IF;
            CONTINUE;
        END IF;
        since := substring(one.mark FROM '^unnamed since (.+)$');
        IF since IS NULL THEN
            EXECUTE format('COMMENT ON SCHEMA %I IS %L', one.name, 'unnamed since ' || now());
        ELSIF since < now() - p_term THEN
            PERFORM drop_routines(one.name);
            RETURN NEXT one.name;
        END IF;
    END LOOP;
END $$;

-- Drops a schema of routines and their row types; an error if anything outside stands on them.
CREATE FUNCTION drop_routines(p_schema text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    names text;
BEGIN
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO names
    FROM pg_proc p WHERE p.pronamespace = p_schema::regnamespace;
    IF names IS NOT NULL THEN
        EXECUTE 'DROP ROUTINE ' || names;
    END IF;
    SELECT string_agg(format('%I.%I', p_schema, t.typname), ', ') INTO names
    FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = p_schema::regnamespace AND c.relkind = 'c';
    IF names IS NOT NULL THEN
        EXECUTE 'DROP TYPE ' || names;
    END IF;
    EXECUTE format('DROP SCHEMA %I', p_schema);
END $$;
