-- What does not add up in the log of views; how these statements are made: checks.sql.

-- ---------------------------------------------------------------- I13: the log of views is whole

-- name: i13_chain
SELECT format('chain %s: link %s does not follow from the one before it', chain, height) AS problem
FROM (SELECT chain, height, digest, hash, lag(height, 1, 0::bigint) OVER w AS height_before, lag(hash, 1, sha256('')) OVER w AS hash_before
      FROM reveal WINDOW w AS (PARTITION BY chain ORDER BY height)) AS r
WHERE height <> height_before + 1 OR hash <> sha256(hash_before || digest)

-- name: i13_head
SELECT format('chain %s: its head says height %s, its links end at %s%s', coalesce(h.chain, r.chain), coalesce(h.height, 0), coalesce(r.height, 0),
              CASE WHEN h.height = r.height THEN ' with another hash' ELSE '' END) AS problem
FROM reveal_head h
FULL JOIN (SELECT DISTINCT ON (chain) chain, height, hash FROM reveal ORDER BY chain, height DESC) AS r ON r.chain = h.chain
WHERE coalesce(h.height, 0) <> coalesce(r.height, 0) OR (r.hash IS NOT NULL AND h.hash IS DISTINCT FROM r.hash)

-- name: i13_read_digest
SELECT format('view %s (chain %s, link %s) was changed', no, chain, height) AS problem
FROM reveal WHERE items IS NOT NULL AND digest <> sha256(convert_to(items::text, 'UTF8'))

-- name: i13_commit_digest
-- The items of a commit are the orders that name it, as commit_orders or close_purchases digested them.
SELECT format('commit %s (chain %s, link %s): its orders are not the ones it recorded', coalesce(r.no, o.commit_no), r.chain, r.height) AS problem
FROM (SELECT * FROM reveal WHERE items IS NULL) AS r
FULL JOIN (SELECT commit_no, sha256(array_send(array_agg(id ORDER BY id, n)) || array_send(array_agg(seq ORDER BY id, n))) AS digest
           FROM orders, unnest(seqs) WITH ORDINALITY AS code (seq, n) WHERE commit_no IS NOT NULL GROUP BY 1) AS o ON o.commit_no = r.no
WHERE r.no IS NULL OR o.commit_no IS NULL OR r.digest <> o.digest

-- name: i13_delivery_without_view
SELECT format('order %s delivered codes that no commit recorded', o.id) AS problem
FROM orders o WHERE o.seqs IS NOT NULL AND o.commit_no IS NULL

-- name: i13_rights
-- Nobody but the owner may rewrite or empty what proves money, a delivery or a view; and who works on it is no superuser.
SELECT format('%s may %s %s', CASE x.grantee WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type, c.relname) AS problem
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS x
WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ('entry', 'allocation', 'reveal', 'code_void', 'bought_code', 'change')
  AND x.grantee <> c.relowner AND x.privilege_type NOT IN ('SELECT', 'INSERT', 'MAINTAIN')
UNION ALL
SELECT DISTINCT format('%s, who works on %s, is superuser', r.rolname, c.relname)
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS x JOIN pg_roles r ON r.oid = x.grantee
WHERE c.oid = 'public.entry'::regclass AND x.grantee <> c.relowner AND r.rolsuper

-- name: i13_guards
SELECT missing_guards('I13') AS problem
