-- Backups that were good: verified, whole, in their place. How old the last one is outlives a restart.
CREATE TABLE backup_run (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ended_at  timestamptz NOT NULL DEFAULT now(),
    kind      text NOT NULL CHECK (kind IN ('base', 'logical')),
    path      text NOT NULL,
    bytes     bigint NOT NULL CHECK (bytes > 0),
    lsn       pg_lsn NOT NULL
);
CREATE TRIGGER backup_run_insert_only BEFORE UPDATE OR DELETE ON backup_run FOR EACH ROW EXECUTE FUNCTION refuse_change();
