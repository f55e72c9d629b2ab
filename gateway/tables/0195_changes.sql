-- The log of changes: what operators did, each row a link of one chain. Operators are few, so one
-- chain is enough: its head is locked from a change's last statement to its commit.
-- Kept for ever.
CREATE TABLE change (
    id       bigint PRIMARY KEY,            -- the height of the chain: no gap, no sequence
    at       timestamptz NOT NULL,          -- by the database's clock
    actor    text NOT NULL,                 -- os:USER@HOST at the command line
    action   text NOT NULL,                 -- noun.verb
    subject  text NOT NULL,
    given    jsonb NOT NULL,                -- what was asked for; secrets as …
    before   jsonb,                         -- the rows it is about: NULL where there were none
    after    jsonb,
    reason   text,
    whence   text NOT NULL,                 -- what nobody types: user id, terminal, host
    digest   bytea NOT NULL,                -- of all of the above (routine change_digest)
    hash     bytea NOT NULL                 -- sha256(the hash before || digest)
);
CREATE INDEX change_by_subject ON change (subject, id);
CREATE INDEX change_by_time ON change (at);
CREATE TABLE change_head (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    height  bigint NOT NULL,
    hash    bytea NOT NULL
);
INSERT INTO change_head (height, hash) VALUES (0, sha256(''));

-- A link is the one that the head names: it was counted there before it is written.
CREATE FUNCTION follow_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.change_head h WHERE h.height = NEW.id AND h.hash = NEW.hash) THEN
        RAISE EXCEPTION 'change % is not what the head of its chain names', NEW.id USING ERRCODE = 'QG006';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER change_follows BEFORE INSERT ON change FOR EACH ROW EXECUTE FUNCTION follow_change();
CREATE TRIGGER change_insert_only BEFORE UPDATE OR DELETE ON change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER change_head_grows BEFORE UPDATE ON change_head FOR EACH ROW
    WHEN (NEW.height <> OLD.height + 1) EXECUTE FUNCTION refuse_step_back();
CREATE TRIGGER change_head_kept BEFORE DELETE ON change_head FOR EACH ROW EXECUTE FUNCTION refuse_change();
