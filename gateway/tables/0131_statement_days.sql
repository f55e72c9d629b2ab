-- A day's statement once it can no longer change: its span of entries, its sums, its file's digest.
CREATE TABLE statement_day (
    partner_id  bigint NOT NULL,
    day         date   NOT NULL,
    first_seq   bigint NOT NULL,
    end_seq     bigint NOT NULL,
    rows        bigint NOT NULL,
    deposit     bigint NOT NULL,
    charge      bigint NOT NULL,
    refund      bigint NOT NULL,
    adjustment  bigint NOT NULL,
    last_seq    bigint,                            -- NULL: a quiet day
    closing     bigint NOT NULL,                   -- the balance at its end
    sha256      text   NOT NULL,
    written_as  text   NOT NULL,                   -- digest of the statement that writes the file's rows
    made_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (partner_id, day)
);
