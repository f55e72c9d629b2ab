-- What its actions and views ask.

-- name: currency_of
SELECT a.currency FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1

-- name: list_accounts
SELECT p.name AS partner, a.balance, a.credit_limit, a.low, a.currency
FROM account a JOIN partner p ON p.id = a.partner_id ORDER BY p.name

-- name: trace_account
SELECT a.partner_id::text AS partner_id, a.currency, a.balance, a.credit_limit, a.low, a.last_entry::text AS last_entry
FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1 FOR NO KEY UPDATE OF a
