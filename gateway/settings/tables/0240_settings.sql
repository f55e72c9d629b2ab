-- What operators set while orders flow. A row is a choice; without one the default of the release
-- is in force. Which names there are says each feature (`settings` of its page): a row of a name
-- that nobody knows any more stands for nothing.
CREATE TABLE setting (
    name        text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    value       bigint,                           -- NULL: nothing, where that is a choice
    changed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON setting FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
