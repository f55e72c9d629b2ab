-- How often a message was asked for again; NULL: never, which costs no byte. An attempt counts for the
-- replay it began under alone: what is asked for while a delivery is under way is another delivery.
ALTER TABLE webhook ADD COLUMN replays integer;
