-- Telling partners of products.

-- name: lead
SELECT lead_telling_products($1, $2) AS leads

-- name: tell
SELECT i.no, tell_product($1, $2, ($3::bigint[])[i.no], ($4::bytea[])[i.no], ($5::text[])[i.no]::jsonb,
                          ($6::bytea[])[i.no], ($7::text[])[i.no]::jsonb, ($8::timestamptz[])[i.no]) AS outcome
FROM generate_subscripts($3::bigint[], 1) AS i (no) ORDER BY i.no
