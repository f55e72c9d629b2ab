-- A partner's own keys at the portal. $1 is always its id.

-- name: portal_name
SELECT p.name FROM partner p WHERE p.id = $1

-- name: portal_keys
SELECT k.key_id, CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked' WHEN k.expires_at <= now() THEN 'expired'
                      WHEN k.expires_at IS NOT NULL THEN 'rotated' ELSE 'live' END AS state,
       k.scopes, k.allow_ips, k.rate_per_s AS rate, k.replaces, k.expires_at, k.created_at
FROM api_key k WHERE k.partner_id = $1 ORDER BY k.created_at, k.key_id

-- name: portal_hold_key
SELECT k.key_id, k.allow_ips FROM api_key k WHERE k.partner_id = $1 AND k.key_id = $2 FOR NO KEY UPDATE

-- name: portal_rates
-- The rates of those that somebody signed in with ($2; NULL: a person, then of all there ever were). NULL: unlimited.
SELECT k.rate_per_s AS rate FROM api_key k WHERE k.partner_id = $1 AND ($2::text IS NULL OR k.key_id = $2)

-- name: portal_set_networks
UPDATE api_key SET allow_ips = $3 WHERE partner_id = $1 AND key_id = $2 RETURNING key_id, allow_ips
