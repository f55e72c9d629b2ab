-- Partners' time zones: whose days and hours they are that windows of quotas begin with. In force from
-- `since` on until the next; before the first it is UTC. Rows stay: what was counted in a window is
-- looked up by it for ever.
CREATE TABLE partner_zone (
    partner_id bigint      NOT NULL,
    since      timestamptz NOT NULL,                -- -infinity: the partner was made with it
    zone       text        NOT NULL CHECK (zone ~ '^[A-Za-z0-9_+/-]{1,64}$'),
    PRIMARY KEY (partner_id, since)
);
CREATE TRIGGER announce AFTER INSERT ON partner_zone FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
CREATE TRIGGER partner_zone_kept BEFORE UPDATE OR DELETE ON partner_zone FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- One that PostgreSQL does not know would fail every commit that counts in it.
CREATE FUNCTION know_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.zone) THEN
        RAISE EXCEPTION 'PostgreSQL knows no time zone %', NEW.zone USING ERRCODE = 'QG003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER zone_known BEFORE INSERT ON partner_zone FOR EACH ROW EXECUTE FUNCTION know_zone();
