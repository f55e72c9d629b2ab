-- Places where operators are told, and what each is still to be told. One worker at a time works for a place:
-- it takes it for a while by moving `next_at`.
CREATE TABLE notifier (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
    kind        text NOT NULL CHECK (kind ~ '^[a-z]{1,20}$'),
    settings    bytea NOT NULL,                   -- wrapped by the vault
    created_at  timestamptz NOT NULL DEFAULT now(),
    next_at     timestamptz NOT NULL DEFAULT '-infinity',
    failures    integer NOT NULL DEFAULT 0,       -- in a row
    told_at     timestamptz,                      -- when it last took a message
    why         text                              -- of the last failure
);
CREATE TABLE notice (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notifier_id  bigint NOT NULL REFERENCES notifier ON DELETE CASCADE,
    event        text NOT NULL CHECK (event IN ('opened', 'resolved')),
    alert_id     bigint NOT NULL REFERENCES alert ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (notifier_id, alert_id, event)
);
CREATE INDEX notice_due ON notice (notifier_id, id);
CREATE INDEX notice_of_alert ON notice (alert_id);
