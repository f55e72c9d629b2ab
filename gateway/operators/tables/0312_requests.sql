-- What was answered to an idempotency key of an operator, for a day. In the transaction of what was done, so that
-- what was refused uses no key up.
CREATE TABLE desk_request (
    operator_id  bigint NOT NULL REFERENCES operator,
    route        text NOT NULL,
    key          text NOT NULL CHECK (key ~ '^[A-Za-z0-9_-]{16,64}$'),
    content      bytea NOT NULL,                  -- sha256 of what was asked
    status       int,                             -- NULL: a job that is not over
    answer       text,                            -- without what is shown once
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operator_id, route, key)
);
CREATE INDEX desk_request_by_time ON desk_request (created_at);
