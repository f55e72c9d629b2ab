-- Who bought is learnt ahead, for campaigns that are for buyers who never did.

-- name: behind
-- Partners that sell in such a campaign, and have entries that are not learnt.
SELECT a.partner_id FROM account a LEFT JOIN buyers_learnt b ON b.partner_id = a.partner_id
WHERE a.last_entry > coalesce(b.seq, 0) AND has_newcomers() AND sells_to_newcomers(a.partner_id) ORDER BY a.partner_id

-- name: learn
SELECT learn_buyers($1, $2) AS done
