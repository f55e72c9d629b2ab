-- Why an account was adjusted, and who did it. Insert-only, one row for each such entry.
CREATE TABLE adjustment (
    partner_id  bigint NOT NULL,
    seq         bigint NOT NULL,
    reason      text   NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    made_by     text   NOT NULL,                  -- uid, name and terminal of the person, until there are operators
    made_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, seq),
    FOREIGN KEY (partner_id, seq) REFERENCES entry (partner_id, seq)
);
CREATE TRIGGER adjustment_insert_only BEFORE UPDATE OR DELETE ON adjustment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
