-- Which routines a worker calls (a schema of gateway/store/migrate.py), so that they are not dropped
-- while it lives. `routines_of`: the worker that said so. Another than the row's: an older release
-- took the slot since, which does not say it.
ALTER TABLE worker ADD COLUMN routines text, ADD COLUMN routines_of uuid;
