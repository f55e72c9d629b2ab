-- How a change came: by command line, by API with which token, by console in which session, in which
-- request, with nobody to ask, approved by whom. NULL: from before, when there was the command line alone.
ALTER TABLE change ADD COLUMN how jsonb;
