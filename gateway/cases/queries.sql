-- A partner's cases, read. Every access path begins with partner_id.

-- name: case
SELECT case_told($1, $2)::text

-- name: page
-- Newest first, before the id $2; of the order $3, in the state $4 (NULL: whichever).
SELECT c.id, case_told(c.partner_id, c.id)::text AS told FROM service_case c
WHERE c.partner_id = $1 AND c.id < $2 AND ($3::bigint IS NULL OR c.order_id = $3) AND ($4::text IS NULL OR c.state = $4)
ORDER BY c.id DESC LIMIT $5
