-- What operators do with holds, and see of them. Holds are keyed by partner first: one look per partner.

-- name: list_holds
-- Each filter may be NULL; newest first, older than the hold $4 (NULL: from the newest on). Per partner, so that the
-- index gives the newest ones; of a state or a SKU among each partner's next 10,000.
SELECT h.id::text AS hold_no, h.out_hold_no, p.name AS partner, s.sku, h.quantity, h.amount, h.state,
       h.order_id::text AS order_no, h.expires_at, h.created_at
FROM partner p
CROSS JOIN LATERAL (
    SELECT x.id, x.out_hold_no, x.sku_id, x.quantity, x.amount, x.order_id, x.expires_at, x.created_at,
           CASE WHEN x.state = 'held' AND x.expires_at <= now() THEN 'expired' ELSE x.state END AS state
    FROM (SELECT * FROM hold y WHERE y.partner_id = p.id
            AND y.id < coalesce($4::text::bigint, 9223372036854775807)
          ORDER BY y.id DESC LIMIT CASE WHEN $2::text IS NULL AND $3::text IS NULL THEN $5::bigint ELSE 10000 END) AS x) AS h
JOIN sku s ON s.id = h.sku_id
WHERE ($1::text IS NULL OR p.name = $1) AND ($2::text IS NULL OR h.state = $2) AND ($3::text IS NULL OR s.sku = $3)
ORDER BY h.id DESC LIMIT $5

-- name: show_hold
SELECT h.id::text AS hold_no, h.out_hold_no, p.name AS partner, s.sku, h.quantity, h.amount, h.currency,
       CASE WHEN h.state = 'held' AND h.expires_at <= now() THEN 'expired' ELSE h.state END AS state,
       h.order_id::text AS order_no, pl.name AS pool, h.account, h.buyer_id, h.buyer_ip, h.details, h.expires_at, h.created_at, h.updated_at,
       (SELECT count(*) FROM held_code c WHERE c.pool_id = h.pool_id AND c.seq = ANY (h.seqs) AND c.hold_id = h.id) AS codes_held
FROM partner p CROSS JOIN LATERAL (SELECT * FROM hold h WHERE h.partner_id = p.id AND h.id = $1 LIMIT 1) AS h
JOIN sku s ON s.id = h.sku_id LEFT JOIN pool pl ON pl.id = h.pool_id

-- name: hold_owner
SELECT h.partner_id FROM partner p CROSS JOIN LATERAL (SELECT h.partner_id FROM hold h WHERE h.partner_id = p.id AND h.id = $1 LIMIT 1) AS h

-- name: end_hold_by_hand
SELECT release_hold($1, $2) AS state

-- name: trace_hold
SELECT h.id::text AS id, h.partner_id::text AS partner_id, h.out_hold_no, h.sku_id::text AS sku_id, h.quantity, h.amount, h.currency,
       h.pool_id::text AS pool_id, h.state, h.order_id::text AS order_id, h.expires_at, h.created_at, h.updated_at
FROM partner p CROSS JOIN LATERAL (SELECT * FROM hold h WHERE h.partner_id = p.id AND h.id = $1 LIMIT 1) AS h
