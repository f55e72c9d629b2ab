-- What a person has to look at. A row lasts while somebody sees it: whoever does says so again and again,
-- and what nobody has seen for a while is over. Of one kind and subject there is one row at a time.
CREATE TABLE alert (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL CHECK (kind ~ '^[a-z-]{1,40}$'),
    subject         text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200),
    level           text NOT NULL CHECK (level IN ('info', 'ticket', 'page')),
    detail          text NOT NULL CHECK (length(detail) <= 500),
    since           timestamptz NOT NULL DEFAULT now(),
    seen_at         timestamptz NOT NULL DEFAULT now(),
    acknowledged_by text,
    acknowledged_at timestamptz,
    resolved_at     timestamptz,
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX alert_lasting ON alert (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX alert_over ON alert (resolved_at) WHERE resolved_at IS NOT NULL;

-- Who looks, of all nodes: one at a time, now and then.
CREATE TABLE alert_look (one boolean PRIMARY KEY DEFAULT true CHECK (one), at timestamptz NOT NULL);
INSERT INTO alert_look (at) VALUES ('-infinity');
