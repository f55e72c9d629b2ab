-- Who made whose way in anew: for a day that person could be the operator (gateway/operators/hands.py).
CREATE TABLE operator_reset (
    operator_id  bigint NOT NULL REFERENCES operator,
    hands        text[] NOT NULL,                 -- the persons who could be behind it; the shell is none
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX operator_reset_by_operator ON operator_reset (operator_id, at);
