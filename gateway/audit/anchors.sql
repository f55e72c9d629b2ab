-- What is written down outside the database, and what the database says of what was (found.md §8).

-- name: whose
-- The cluster and the database in it: a standby has the same, a dump that is loaded elsewhere not.
SELECT now() AS at, (SELECT system_identifier::text FROM pg_control_system()) || '/' || oid AS database
FROM pg_database WHERE datname = current_database()

-- name: heads
SELECT chain, height, encode(hash, 'hex') AS hash FROM reveal_head WHERE height > 0 ORDER BY chain

-- name: balances
SELECT partner_id, last_entry, balance FROM account ORDER BY partner_id

-- name: digests
-- Of entries in runs of an account each ($2 < seq <= $3): every column, row by row. By the primary key.
SELECT a.partner_id, a.since, a.last_entry, (
    SELECT encode(sha256(coalesce(string_agg(sha256(
               convert_to(concat_ws(' ', e.seq, e.kind, e.amount, e.balance_after, coalesce(e.order_id::text, '-'),
                                    (extract(epoch FROM e.created_at) * 1000000)::bigint, quote_nullable(e.reference)), 'UTF8')
               || coalesce(array_send(e.order_ids), '') || coalesce(array_send(e.amounts), '')), '' ORDER BY e.seq), '')), 'hex')
    FROM entry e WHERE e.partner_id = a.partner_id AND e.seq > a.since AND e.seq <= a.last_entry) AS digest
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS a (partner_id, since, last_entry)

-- name: heads_differ
SELECT CASE WHEN coalesce(h.height, 0) < a.height
            THEN format('chain %s: height %s was written down (%s), now its head says %s', a.chain, a.height, a.place, coalesce(h.height, 0))
            WHEN r.hash IS NULL THEN format('chain %s: link %s, which was written down (%s), is gone', a.chain, a.height, a.place)
            ELSE format('chain %s: link %s is not the one that was written down (%s)', a.chain, a.height, a.place) END AS problem
FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::text[]) AS a (place, chain, height, hash)
LEFT JOIN reveal_head h ON h.chain = a.chain
LEFT JOIN reveal r ON r.chain = a.chain AND r.height = a.height
WHERE coalesce(h.height, 0) < a.height OR encode(r.hash, 'hex') IS DISTINCT FROM a.hash

-- name: balances_differ
SELECT CASE WHEN coalesce(c.last_entry, -1) < a.last_entry
            THEN format('partner %s: entry %s was written down (%s), now the account says %s', a.partner_id, a.last_entry, a.place,
                        coalesce('its last is ' || c.last_entry, 'nothing: it is gone'))
            WHEN e.seq IS NULL THEN format('partner %s: entry %s, which was written down (%s), is gone', a.partner_id, a.last_entry, a.place)
            ELSE format('partner %s: the balance after entry %s was %s when it was written down (%s), now it is %s', a.partner_id,
                        a.last_entry, a.balance, a.place, e.balance_after) END AS problem
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS a (place, partner_id, last_entry, balance)
LEFT JOIN account c ON c.partner_id = a.partner_id
LEFT JOIN entry e ON e.partner_id = a.partner_id AND e.seq = a.last_entry
WHERE coalesce(c.last_entry, -1) < a.last_entry OR (a.last_entry > 0 AND e.balance_after IS DISTINCT FROM a.balance)
