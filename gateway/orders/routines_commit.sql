-- The commit (design D5): one round trip makes a batch of orders durable, exactly.
--
-- Per line an outcome: 1 created, 2 replayed (same number, same content), 3 conflict (same
-- number, other content), 4 insufficient balance, 5 a quota is used up, 11 its campaign is not open
-- at `committed_at`, which is the order's created_at: this clock decides; 13 units of a total lie
-- with others just now: try again; 14 holds that are over have units (expire_for_units gives them back): likewise; 7, 20, 21, 22 what its hold says (holds/routines_confirming.sql); 30 its pass is used;
-- 31 its campaign is for buyers who never bought, and this one did.
-- Only created lines leave anything behind. For 2 and 3 `existing` names the order; for 4 it is what
-- the account has, for 5 what the quota in `refused` has left.
-- Errors: QG001 a lease was lost, or its codes have expired (nothing done), QG007 a code is somebody's already (I1's guard).
--
-- Every commit of a partner holds its account row, so commits of one partner come one by one:
-- balances, entry numbers and order numbers need no other lock; quotas have their own. A number that
-- is not there once the account is held cannot come into being before we commit: orders are
-- inserted plainly, which costs a third less than ON CONFLICT. A caller who thinks that all numbers
-- are new saves looking them up; where he is wrong, the insert is undone and they are looked up.
--
-- Lines are read by subscript, p_amount[i]: PL/pgSQL holds arrays taken apart, so that is one
-- look, whereas unnest of a dozen arrays copies every line a dozen times per statement; and it
-- hands them on to its parts as they are. A column that comes empty is NULL in every line.
-- The parts are called by assignment, which costs a third of PERFORM; a part with nothing to do is
-- passed by: to start a statement costs as much as ten lines. The connection sets how it is
-- planned: gateway/orders/commit_store.py.
CREATE FUNCTION commit_orders(
    p_batch    uuid,
    p_chain    integer,
    p_partner  bigint[], p_id bigint[],           -- ids grow from line to line
    p_out      text[], p_hash bytea[], p_sku bigint[], p_quantity integer[], p_amount bigint[], p_pool bigint[],
    p_first    integer[],                         -- where the line's codes begin in a_seq
    p_account  text[], p_metadata text[], p_details text[], p_notify boolean[], p_notify_url text[],  -- a webhook is wanted; where, if not at the endpoint
    p_attempt  bigint[], p_upstream bigint[], p_product text[], p_cost_max bigint[], p_face bigint[], p_owner uuid,
    a_line     integer[], a_seq bigint[], a_lease bigint[], l_id bigint[], l_epoch bigint[],  -- the codes, line by line
    p_all_new  boolean DEFAULT false, p_opens timestamptz[] DEFAULT NULL, p_closes timestamptz[] DEFAULT NULL,  -- windows of campaigns: NULL, none
    p_hold     bigint[] DEFAULT NULL, p_late boolean[] DEFAULT NULL,             -- the hold it confirms; NULL, none
    p_quotas   text[] DEFAULT NULL,               -- what lines ask of quotas; and the counts they ask, by quotas/counting.py
    p_count_quota bigint[] DEFAULT NULL, p_count_subject text[] DEFAULT NULL, p_count_wanted bigint[] DEFAULT NULL, p_ask_line integer[] DEFAULT NULL, p_ask_place integer[] DEFAULT NULL,
    p_room     bigint[] DEFAULT NULL, p_pass bigint[] DEFAULT NULL,               -- number of a waiting room's pass; NULL, none
    OUT committed_at timestamptz, OUT outcome integer[], OUT existing bigint[], OUT refused bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    lines  integer[];                             -- those to create
    judged record;
    held   record;                                -- of quotas
    counts quota_count[];                         -- NULL: none are asked
    v_no   bigint;
    done   bigint;
BEGIN
    committed_at := now();
    INSERT INTO commit_batch (id) VALUES (p_batch) RETURNING no INTO v_no;
    IF cardinality(l_id) > 0 THEN
        done := hold_leases(l_id, l_epoch, committed_at);
    END IF;
    PERFORM FROM account WHERE partner_id = ANY (p_partner) ORDER BY partner_id FOR NO KEY UPDATE;
    IF cardinality(p_count_quota) > 0 THEN
        done := lock_holds(p_partner, p_hold);
        held := hold_counts(p_count_quota, p_count_subject, p_count_wanted, p_chain, committed_at);
        counts := held.counts;
    END IF;
    LOOP
        judged := judge_orders(NOT p_all_new, committed_at, p_partner, p_out, p_hash, p_amount, p_quantity, p_details, p_ask_line, p_ask_place, counts, p_opens, p_closes, p_hold, p_late, p_room, p_pass);
        lines := judged.lines;
        EXIT WHEN judged.is_sure AND insert_orders(
            lines, judged.outcome, NOT p_all_new, v_no, committed_at, p_partner, p_id, p_out, p_hash, p_sku, p_quantity, p_amount,
            p_pool, p_first, a_line, a_seq, a_lease, p_account, p_metadata, p_details, p_notify);
        p_all_new := false;                       -- they are not: look them up
    END LOOP;
    outcome := judged.outcome;
    existing := judged.existing;
    refused := judged.refused;
    IF counts IS NOT NULL THEN
        done := take_units(outcome, cardinality(lines) = cardinality(p_partner), p_partner, p_id, p_quantity, p_quotas, p_ask_line,
                           p_ask_place, counts, held.totals, held.are_ours, p_chain, committed_at);
    END IF;
    IF cardinality(lines) = 0 THEN
        RETURN;
    END IF;
    done := charge(lines, p_partner, p_id, p_amount, committed_at);
    IF cardinality(p_hold) > 0 THEN
        done := confirm_holds(lines, p_partner, p_id, p_hold, p_late, p_pool, p_quantity, p_first, a_seq, committed_at);
    END IF;
    IF cardinality(p_pass) > 0 THEN
        done := use_passes(lines, p_partner, p_room, p_pass, p_id);
    END IF;
    IF true = ANY (p_notify) THEN
        done := announce_delivered(lines, p_partner, p_id, p_pool, p_notify, p_notify_url, committed_at);
    END IF;
    IF cardinality(p_attempt) > 0 THEN
        done := plan_attempts(lines, p_partner, p_id, p_account, p_quantity, p_attempt, p_upstream, p_product, p_cost_max, p_face, p_owner, committed_at);
    END IF;
    IF cardinality(p_pool) > 0 THEN
        done := record_codes(lines, outcome, p_id, p_quantity, p_pool, p_first, a_line, a_seq, v_no, p_chain);
    END IF;
END $$;

-- D6: decides a commit whose answer was lost. True: it took place. Waits while it still runs;
-- after false it never can. Idempotent. It always writes: a row of a commit that was cut off while
-- it waited for its standby is seen here and perhaps nowhere else, and only a commit that wrote
-- later and was confirmed proves that the standby has both.
CREATE FUNCTION decide_commit(p_batch uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO commit_batch (id, outcome) VALUES (p_batch, 'void') ON CONFLICT DO NOTHING;
    PERFORM pg_logical_emit_message(true, 'quangate', '');
    RETURN (SELECT outcome = 'done' FROM commit_batch WHERE id = p_batch);
END $$;
