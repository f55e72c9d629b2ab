-- It takes the place and the name of the others: 0493.
ALTER TABLE entry DROP CONSTRAINT entry_sign, DROP CONSTRAINT entry_run;
ALTER TABLE entry RENAME CONSTRAINT entry_whole TO entry_sign;
DROP FUNCTION entry_is_signed, entry_is_run;
