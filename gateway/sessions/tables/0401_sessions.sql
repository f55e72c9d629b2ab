-- People at the console. What a browser shows is kept as its hash only; a new one at every step-up.
CREATE TABLE session (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id     text NOT NULL UNIQUE,          -- names it in the log of changes; no secret
    operator_id    bigint NOT NULL REFERENCES operator,
    hash           bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),  -- sha256 of 256 random bits
    address        text NOT NULL,                 -- where it began
    signed_in_at   timestamptz NOT NULL DEFAULT now(),
    seen_at        timestamptz NOT NULL DEFAULT now(),
    stepped_up_at  timestamptz,
    ended_at       timestamptz
);
CREATE INDEX session_by_time ON session (signed_in_at);

-- Tries to sign in that failed, for 20 minutes; of names that nobody has, too, so that time and answer are the same.
CREATE TABLE sign_in_failure (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who      bytea NOT NULL CHECK (octet_length(who) = 32),  -- sha256 of the name that was typed
    address  text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sign_in_failure_by_who ON sign_in_failure (who, at);
CREATE INDEX sign_in_failure_by_time ON sign_in_failure (at);
