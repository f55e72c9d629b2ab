-- Each time the shop was restored from a backup. Sales are closed while one of them is not checked:
-- codes that were sold after the moment it was restored to look unsold.
CREATE TABLE restoration (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    restored_at  timestamptz NOT NULL DEFAULT now(),
    restored_to  timestamptz,                     -- the last commit it has; NULL: not known
    source       text NOT NULL,                   -- where the backup lay
    checked_at   timestamptz                      -- by `quangate restore-check`, which opens sales again
);
CREATE INDEX restoration_unchecked ON restoration (id) WHERE checked_at IS NULL;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON restoration FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
-- What was checked stays so; nothing else of a row changes.
CREATE TRIGGER restoration_kept BEFORE UPDATE ON restoration FOR EACH ROW
    WHEN (OLD.checked_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.restored_at <> OLD.restored_at OR NEW.source <> OLD.source
          OR NEW.restored_to IS DISTINCT FROM OLD.restored_to)
    EXECUTE FUNCTION refuse_change();
