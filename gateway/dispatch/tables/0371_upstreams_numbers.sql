-- Operators find an order by an upstream's number of it. What has none yet, as every attempt when it is made, costs nothing.
CREATE INDEX attempt_upstream_no ON attempt (upstream_no, id) WHERE upstream_no IS NOT NULL;
