-- A commit's number comes with its row, so that none is taken from a bare sequence (homes.md 6): it is the number of
-- the link that its codes are in the chain by (reveal.no), and what its orders name (orders.commit_no). Rows of
-- before have none, and are gone in a day.
ALTER TABLE commit_batch ADD COLUMN no bigint;
ALTER TABLE commit_batch ALTER COLUMN no SET DEFAULT nextval('reveal_no');
