-- A hold's number first, in the key that makes it unique. Began this key with the partner, as the primary key does, a
-- look for a hold by its id could go by either as long as nobody has counted the table; and it went by this one,
-- through all holds of the partner: to the planner both cost the same then, and of two the newer wins. Now only one
-- fits each question.
ALTER TABLE hold
    DROP CONSTRAINT hold_partner_id_out_hold_no_key,
    ADD CONSTRAINT hold_partner_id_out_hold_no_key UNIQUE (out_hold_no, partner_id);
