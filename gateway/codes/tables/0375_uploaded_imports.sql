-- Files of codes that operators upload: taken in at once, imported by a worker, told of as they go on.
CREATE TABLE code_import (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pool_id       bigint NOT NULL REFERENCES pool,
    file          text   NOT NULL,                 -- its name, for people
    size          bigint NOT NULL,                 -- bytes
    given         jsonb  NOT NULL,                 -- how it is to be read
    dry_run       boolean NOT NULL,
    state         text   NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    made_by       text   NOT NULL,                 -- an operator's name; how he came is for the row of what goes on sale
    person        text   NOT NULL,
    whence        text   NOT NULL,
    how           jsonb  NOT NULL,
    reason        text,
    worker_id     uuid,                            -- who runs it
    tries         integer NOT NULL DEFAULT 0,
    next_try_at   timestamptz NOT NULL DEFAULT now(),
    bytes_done    bigint NOT NULL DEFAULT 0,
    batch_id      bigint,                          -- set by the transaction that puts its codes on sale
    imported      bigint,
    duplicates    bigint,
    rejected      bigint,
    verdicts      jsonb,                           -- how many lines of each, and the first that are not imported; no codes
    warnings      jsonb,
    error         jsonb,                           -- {code, detail}: nothing of it is on sale
    created_at    timestamptz NOT NULL DEFAULT now(),
    started_at    timestamptz,
    ended_at      timestamptz
);
CREATE INDEX code_import_open ON code_import (id) WHERE state IN ('queued', 'running');

-- The file itself, sealed under the key file, until it is imported or cannot be.
CREATE TABLE code_import_piece (
    import_id  bigint  NOT NULL REFERENCES code_import,
    n          integer NOT NULL,
    sealed     bytea   NOT NULL,
    PRIMARY KEY (import_id, n)
);
ALTER TABLE code_import_piece ALTER COLUMN sealed SET STORAGE EXTERNAL;
