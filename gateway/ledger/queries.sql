-- A partner's money, read. Entries are insert-only and numbered without gaps per account.

-- name: account
SELECT balance, credit_limit, balance + credit_limit AS available, currency, last_entry
FROM account WHERE partner_id = $1

-- name: entries
SELECT seq, kind, amount, balance_after, order_id, reference, created_at
FROM (SELECT least($2::bigint, last_entry + 1) AS before FROM account WHERE partner_id = $1) AS page
CROSS JOIN LATERAL entries_between($1, page.before - $3::bigint, page.before) ORDER BY seq DESC

-- name: first_entry_at
-- The number of the first entry at or after a time, by halving: numbers and times grow together.
WITH RECURSIVE halved (lo, hi) AS (
    SELECT 1::bigint, last_entry + 1 FROM account WHERE partner_id = $1
    UNION ALL
    SELECT CASE WHEN e.created_at < $2 THEN m.middle + 1 ELSE h.lo END,
           CASE WHEN e.created_at < $2 THEN h.hi ELSE m.middle END
    FROM halved h
    CROSS JOIN LATERAL (SELECT (h.lo + h.hi) / 2 AS middle) AS m
    CROSS JOIN LATERAL (SELECT x.created_at FROM entry x WHERE x.partner_id = $1 AND x.seq >= m.middle
                        ORDER BY x.seq LIMIT 1) AS e
    WHERE h.lo < h.hi
)
SELECT lo FROM halved WHERE lo >= hi

-- name: day_totals
SELECT count(*) AS rows,
       coalesce(sum(amount) FILTER (WHERE kind = 'deposit'), 0)::bigint AS deposit,
       coalesce(sum(amount) FILTER (WHERE kind = 'charge'), 0)::bigint AS charge,
       coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)::bigint AS refund,
       coalesce(sum(amount) FILTER (WHERE kind = 'adjustment'), 0)::bigint AS adjustment,
       max(seq) AS last_seq
FROM entries_between($1, $2, $3) WHERE created_at >= $4 AND created_at < $5

-- name: balance_up_to
-- The balance after the newest entry numbered up to $2; no row: there is none.
SELECT e.balance_after FROM (SELECT least($2::bigint, last_entry) AS newest FROM account WHERE partner_id = $1) AS a
CROSS JOIN LATERAL entries_between($1, a.newest, a.newest + 1) AS e

-- name: statement_rows
-- Text that a spreadsheet would take for a formula gets a leading apostrophe; amounts stay numbers.
SELECT e.seq AS id,
       to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
       e.kind, e.amount, e.balance_after, e.order_id AS order_no,
       regexp_replace(o.out_order_no, '^[-=+@\t\r]', '''\&') AS out_order_no,
       regexp_replace(s.sku, '^[-=+@\t\r]', '''\&') AS sku,
       o.quantity,
       regexp_replace(e.reference, '^[-=+@\t\r]', '''\&') AS reference
FROM entries_between($1, $2, $3) AS e
LEFT JOIN LATERAL (SELECT x.out_order_no, x.sku_id, x.quantity FROM orders x
                   WHERE x.partner_id = $1 AND x.id = e.order_id LIMIT 1) AS o ON true
LEFT JOIN sku s ON s.id = o.sku_id
WHERE e.created_at >= $4 AND e.created_at < $5
ORDER BY e.seq

-- name: kept_day
-- No row: not computed yet, or when files were written otherwise.
SELECT first_seq, end_seq, rows, deposit, charge, refund, adjustment, last_seq, closing, sha256
FROM statement_day WHERE partner_id = $1 AND day = $2 AND written_as = $3

-- name: keep_day
-- Two that computed it at once have the same.
INSERT INTO statement_day (partner_id, day, written_as, first_seq, end_seq, rows, deposit, charge, refund, adjustment,
                           last_seq, closing, sha256)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (partner_id, day) DO UPDATE SET written_as = excluded.written_as, first_seq = excluded.first_seq,
    end_seq = excluded.end_seq, rows = excluded.rows, deposit = excluded.deposit, charge = excluded.charge,
    refund = excluded.refund, adjustment = excluded.adjustment, last_seq = excluded.last_seq,
    closing = excluded.closing, sha256 = excluded.sha256, made_at = excluded.made_at
