-- The commit of plain lines: one partner's, each of one code from stock, none of them known as far
-- as its worker knows, and nothing that only commit_orders judges (a hold, a pass, an attempt). Its
-- statements are few and its arguments half as many: at one line a commit costs a third less than
-- commit_orders.
--
-- The account's UPDATE is lock, funds check and charge in one. Whatever turns out not to be plain
-- (a number that is known, too little money, a window that is over or for newcomers, a quota that
-- somebody has had of or that may be used up, a code that is somebody's) undoes all of it, and
-- commit_orders does it, with its answers and errors.
-- Locks are taken in its order: leases, the account, counts of quotas, the chain of views.
--
-- `outcome` NULL: all lines became orders. Otherwise the answer is commit_orders' own.
CREATE FUNCTION commit_plain(
    p_batch    uuid,
    p_chain    integer,
    p_partner  bigint,
    p_id       bigint[], p_out text[], p_hash bytea[], p_sku bigint[], p_amount bigint[], p_pool bigint[],
    p_metadata text[], p_details text[], p_notify boolean[], p_notify_url text[],
    a_seq      bigint[], a_lease bigint[], l_id bigint[], l_epoch bigint[],  -- a code for each line
    p_quotas   text[], p_count_quota bigint[], p_count_subject text[], p_count_wanted bigint[], p_ask_line integer[], p_ask_place integer[],
    p_opens    timestamptz[], p_closes timestamptz[],
    OUT committed_at timestamptz, OUT outcome integer[], OUT existing bigint[], OUT refused bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    lines integer := cardinality(p_id);
    v_no  bigint;
    done  bigint;
BEGIN
    committed_at := now();
    INSERT INTO commit_batch (id) VALUES (p_batch) RETURNING no INTO v_no;
    done := hold_leases(l_id, l_epoch, committed_at);
    IF cardinality(p_opens) > 0 THEN              -- its test costs nothing where nobody asks
        IF (committed_at < ANY (p_opens)) IS TRUE OR (committed_at >= ANY (p_closes)) IS TRUE OR has_newcomers() THEN
            RAISE SQLSTATE 'QG009';
        END IF;
    END IF;
    IF cardinality(a_seq) <> lines OR NOT charge_account(p_partner, p_id, p_amount, committed_at) OR cardinality(p_count_quota) > 0
       AND NOT take_first(p_partner, p_id, p_quotas, p_count_quota, p_count_subject, p_count_wanted, p_chain, committed_at) THEN
        RAISE SQLSTATE 'QG009';
    END IF;
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, state, delivered_quantity,
                        pool_id, seqs, metadata, details, last_event, commit_no, created_at, updated_at)
    SELECT p_partner, p_id[i], p_out[i], p_hash[i], p_sku[i], 1, p_amount[i], 'delivered', 1,
           p_pool[i], ARRAY[a_seq[i]], p_metadata[i], p_details[i], CASE WHEN p_notify[i] THEN 1 ELSE 0 END, v_no, committed_at, committed_at
    FROM generate_series(1, lines) AS i;
    INSERT INTO allocation (pool_id, seq, order_id, lease_id)
    SELECT p_pool[i], a_seq[i], p_id[i], a_lease[i] FROM generate_series(1, lines) AS i;
    IF true = ANY (p_notify) THEN
        done := announce_delivered(ARRAY(SELECT generate_series(1, lines)), array_fill(p_partner, ARRAY[lines]), p_id, p_pool, p_notify, p_notify_url, committed_at);
    END IF;
    done := append_reveal(v_no, p_chain, 'commit', NULL, sha256(array_send(p_id) || array_send(a_seq)));
EXCEPTION WHEN unique_violation OR SQLSTATE 'QG009' THEN
    SELECT c.committed_at, c.outcome, c.existing, c.refused INTO committed_at, outcome, existing, refused FROM commit_orders(
        p_batch => p_batch, p_chain => p_chain, p_partner => array_fill(p_partner, ARRAY[lines]), p_id => p_id, p_out => p_out,
        p_hash => p_hash, p_sku => p_sku, p_quantity => array_fill(1, ARRAY[lines]), p_amount => p_amount, p_pool => p_pool,
        p_first => ARRAY(SELECT generate_series(1, lines)), p_account => '{}', p_metadata => p_metadata, p_details => p_details,
        p_notify => p_notify, p_notify_url => p_notify_url, p_attempt => '{}', p_upstream => '{}', p_product => '{}',
        p_cost_max => '{}', p_face => '{}', p_owner => NULL, a_line => ARRAY(SELECT generate_series(1, cardinality(a_seq))),
        a_seq => a_seq, a_lease => a_lease, l_id => l_id, l_epoch => l_epoch, p_all_new => false, p_quotas => p_quotas,
        p_count_quota => p_count_quota, p_count_subject => p_count_subject, p_count_wanted => p_count_wanted,
        p_ask_line => p_ask_line, p_ask_place => p_ask_place, p_opens => p_opens, p_closes => p_closes) AS c;
END $$;
