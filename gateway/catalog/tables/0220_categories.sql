-- Categories: a tree of any depth. Whatever is said of one is meant for what lies below it, too.
CREATE TABLE category (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    parent_id   bigint REFERENCES category (id),  -- NULL: at the top
    created_at  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE sku ADD COLUMN category_id bigint REFERENCES category (id), ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON category FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();

-- Nothing lies below itself. Who makes or moves a category holds them all meanwhile (one lock, few
-- categories): of two moves at once the later one sees the earlier.
CREATE FUNCTION refuse_category_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'51434154'::integer);  -- "QCAT"
    IF EXISTS (
        WITH RECURSIVE above (id) AS (
            SELECT NEW.parent_id UNION SELECT c.parent_id FROM category c JOIN above a ON a.id = c.id)
        SELECT FROM above WHERE id = NEW.id) THEN
        RAISE EXCEPTION 'category % would lie below itself', NEW.name USING ERRCODE = 'QG012';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER category_tree AFTER INSERT OR UPDATE OF parent_id ON category FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION refuse_category_ring();
