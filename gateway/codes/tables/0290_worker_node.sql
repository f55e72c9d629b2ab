-- Which node a worker belongs to: limits are shared by the number of nodes. `node_of`: the worker
-- that said so. Another than the row's: an older release took the slot since, which does not say it;
-- then its host stands for its node.
ALTER TABLE worker ADD COLUMN node uuid, ADD COLUMN node_of uuid;
