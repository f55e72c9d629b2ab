-- Roles and what they may do; the rights are gateway/ground/sql/rights.py.

-- name: tables
SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')

-- name: routine_schemas
SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^routines_[0-9a-f]+$' ORDER BY 1

-- name: rights_of
-- Per table: the privileges on all of it, its columns, and those that may be changed.
SELECT c.relname AS name,
       ARRAY(SELECT p FROM unnest('{SELECT,INSERT,DELETE,TRUNCATE,TRIGGER,REFERENCES}'::text[]) AS p
             WHERE has_table_privilege($1, c.oid, p)) AS held,
       (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND has_column_privilege($1, c.oid, a.attnum, 'UPDATE')) AS updatable
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1

-- name: schemas_used
SELECT nspname AS name, has_schema_privilege($1, oid, 'USAGE') AS used FROM pg_namespace
WHERE nspname ~ '^routines_[0-9a-f]+$' OR nspname = 'public' ORDER BY 1

-- name: powers
SELECT array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreaterole THEN 'allowed to make roles' END,
                          CASE WHEN r.rolreplication THEN 'allowed to replicate' END,
                          CASE WHEN r.rolbypassrls THEN 'above row security' END], NULL) AS powers,
       (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND (c.relowner = r.oid OR (NOT r.rolsuper AND pg_has_role(r.oid, c.relowner, 'MEMBER')))) AS owned,
       NOT r.rolsuper AND has_schema_privilege(r.oid, 'public', 'CREATE') AS creates
FROM pg_roles r WHERE r.rolname = $1

-- name: may_migrate
SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database, pg_is_in_recovery() AS recovers,
       to_regnamespace('public') IS NOT NULL AS has_public,
       coalesce(has_schema_privilege(to_regnamespace('public'), 'USAGE')
                AND has_schema_privilege(to_regnamespace('public'), 'CREATE'), false) AS public,
       has_database_privilege(current_database(), 'CREATE') AS makes_schemas,
       EXISTS (SELECT FROM pg_class WHERE relname = 'migration' AND relnamespace = to_regnamespace('public')
               AND NOT pg_has_role(current_user, relowner, 'MEMBER')) AS anothers

-- name: has_role
SELECT true AS there FROM pg_roles WHERE rolname = $1
