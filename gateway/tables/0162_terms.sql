-- What was audited and when, what was forgotten and up to when, and from where a person decided.

CREATE TABLE audit_run (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ended_at  timestamptz NOT NULL DEFAULT now(),
    ok        boolean NOT NULL,
    findings  text NOT NULL                       -- JSON: the checks that failed
);

-- Rows made before this moment may be gone; the audit asks no more for them.
CREATE TABLE forgotten (
    what    text PRIMARY KEY,
    before  timestamptz NOT NULL
);

-- The --by of a decision is free text: who typed it is not (uid, terminal, host).
ALTER TABLE resolution ADD COLUMN requested_from text, ADD COLUMN approved_from text;

-- What deleting in steps looks for.
CREATE INDEX commit_batch_committed ON commit_batch USING brin (committed_at) WITH (autosummarize = on);
CREATE INDEX channel_order_created ON channel_order (created_at);
