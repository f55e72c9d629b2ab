-- Counts of days and hours that are over have a term: what deleting them in steps looks for.
CREATE INDEX quota_use_period ON quota_use (period) WHERE period > 0;
