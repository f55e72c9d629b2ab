-- What operators see of attempts and of what platforms told us; for people only.

-- name: list_attempts
-- Of the order $1, of the upstream $2, in the state $3 (each may be NULL); newest first, older than the attempt $4
-- (NULL: from the newest on), at most $5. By upstream and state among the next 10,000: no index has them.
SELECT a.id::text AS attempt_no, a.order_id::text AS order_no, p.name AS partner, u.name AS upstream, a.product_id, a.state,
       a.upstream_no, a.quantity, a.delivered_quantity, a.cost, a.code, a.message, a.sends, a.queries, a.next_check_at,
       a.created_at, a.sent_at, a.updated_at
FROM (
    (SELECT * FROM (SELECT * FROM attempt y WHERE y.order_id = $1::text::bigint ORDER BY y.order_id LIMIT 1000) AS x  -- by that index
     WHERE x.id < coalesce($4::text::bigint, 9223372036854775807))
    UNION ALL
    (SELECT * FROM attempt x WHERE $1 IS NULL AND x.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY x.id DESC LIMIT CASE WHEN $2::text IS NULL AND $3::text IS NULL THEN $5 ELSE 10000 END)) AS a
JOIN upstream u ON u.id = a.upstream_id JOIN partner p ON p.id = a.partner_id
WHERE ($2 IS NULL OR u.name = $2) AND ($3 IS NULL OR a.state = $3) ORDER BY a.id DESC LIMIT $5

-- name: list_callbacks
-- Of the order $1, of the attempt $2, of the upstream $3 (each may be NULL); newest first, older than the callback $4
-- (NULL: from the newest on), at most $5. Those of an attempt by the key that keeps each once.
SELECT c.id::text AS id, u.name AS upstream, c.attempt_id::text AS attempt_no, a.order_id::text AS order_no, c.verdict, c.hint,
       encode(c.digest, 'hex') AS digest, coalesce(c.size, length(c.body)) AS size, c.times, c.received_at, c.last_at
FROM (
    (SELECT k.* FROM (
        (SELECT x.id, x.upstream_id FROM attempt x WHERE x.order_id = $1::text::bigint ORDER BY x.order_id LIMIT 1000)
        UNION (SELECT x.id, x.upstream_id FROM attempt x WHERE x.id = $2::text::bigint)) AS t
     CROSS JOIN LATERAL (SELECT * FROM callback k WHERE k.upstream_id = t.upstream_id AND coalesce(k.attempt_id, 0) = t.id
                           AND k.digest IS NOT NULL AND k.id < coalesce($4::text::bigint, 9223372036854775807)
                         ORDER BY k.upstream_id, coalesce(k.attempt_id, 0) LIMIT 10000) AS k)
    UNION ALL
    (SELECT * FROM callback k WHERE $1 IS NULL AND $2 IS NULL AND k.id < coalesce($4::text::bigint, 9223372036854775807)
     ORDER BY k.id DESC LIMIT CASE WHEN $3::text IS NULL THEN $5 ELSE 10000 END)) AS c
JOIN upstream u ON u.id = c.upstream_id
LEFT JOIN LATERAL (SELECT x.order_id FROM attempt x WHERE x.id = c.attempt_id LIMIT 1) AS a ON true
WHERE ($1 IS NULL OR a.order_id = $1::text::bigint) AND ($2 IS NULL OR c.attempt_id = $2::text::bigint) AND ($3 IS NULL OR u.name = $3)
ORDER BY c.id DESC LIMIT $5
