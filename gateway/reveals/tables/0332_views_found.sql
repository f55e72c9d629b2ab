-- Views by order, key or operator. Those of a commit (items NULL) are found by their orders, so that a commit writes nothing here.
CREATE INDEX reveal_items ON reveal USING gin (items jsonb_path_ops) WHERE items IS NOT NULL;
CREATE INDEX reveal_by_operator ON reveal ((items -> 0 ->> 'operator'), revealed_at) WHERE items -> 0 ? 'operator';
CREATE INDEX reveal_by_time ON reveal USING brin (revealed_at);
