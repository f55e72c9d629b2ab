-- A partner's own cases at the portal. $1 is always its id.

-- name: portal_cases
-- Each filter may be NULL; newest first, before the case $4 (NULL: from the newest on), at most $5; of a state among the next
-- 10,000.
SELECT c.id::text AS case_no, c.out_case_no, c.order_id::text AS order_no, c.kind, c.state, c.reason, c.outcome,
       c.refunded AS refunded_amount, c.replaced, c.deadline_at, c.created_at, c.updated_at
FROM (
    (SELECT * FROM service_case x WHERE x.partner_id = $1 AND $3::text IS NULL AND x.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY x.partner_id DESC, x.id DESC LIMIT CASE WHEN $2::text IS NULL THEN $5 ELSE 10000 END)
    UNION ALL  -- those of an order are few
    (SELECT * FROM service_case x WHERE x.partner_id = $1 AND x.order_id = $3::bigint AND x.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY x.partner_id DESC, x.order_id DESC, x.id DESC LIMIT 1000)) AS c
WHERE $2 IS NULL OR c.state = $2 ORDER BY c.id DESC LIMIT $5

-- name: portal_case
SELECT case_told(c.partner_id, c.id)::text FROM service_case c WHERE c.partner_id = $1 AND c.id = $2
