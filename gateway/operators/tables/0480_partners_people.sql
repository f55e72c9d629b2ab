-- People of a partner: they sign in as operators do, see that partner's portal, and have no role and no token.
ALTER TABLE operator ADD COLUMN partner_id bigint REFERENCES partner;  -- NULL: one of the shop's own
CREATE INDEX operator_by_partner ON operator (partner_id) WHERE partner_id IS NOT NULL;
