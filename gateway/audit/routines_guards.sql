-- The guards of an invariant (of `changes`: the log of changes) that are missing or switched off, a sentence each. For the audit: whoever
-- owns the tables could take one away. Kinds: t trigger, c constraint, i index, f the text of the
-- function of a trigger or constraint (md5), which could be replaced by one that refuses nothing.
CREATE FUNCTION missing_guards(p_invariant text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT format('the guard %s of %s is %s', g.name, g.tab, CASE
               WHEN g.kind = 't' THEN CASE WHEN t.oid IS NULL THEN 'missing' WHEN t.tgenabled NOT IN ('O', 'A') THEN 'switched off' END
               WHEN g.kind = 'c' THEN CASE WHEN c.oid IS NULL THEN 'missing' WHEN NOT c.convalidated THEN 'not validated' END
               WHEN g.kind = 'i' THEN CASE WHEN i.indexrelid IS NULL THEN 'missing' WHEN NOT i.indisvalid OR NOT i.indisunique THEN 'not valid' END
               WHEN f.oid IS NULL THEN 'missing' ELSE 'not the one that was made' END)
    FROM (VALUES
        ('I1', 'c', 'allocation', 'allocation_pkey', ''), ('I1', 't', 'allocation', 'allocation_insert_only', ''),
        ('I1', 't', 'allocation', 'never_emptied', ''), ('I1', 't', 'code_void', 'code_void_insert_only', ''),
        ('I1', 't', 'code_void', 'never_emptied', ''),
        ('I2', 'c', 'orders', 'orders_quantity', ''), ('I2', 'c', 'orders', 'orders_refunded', ''), ('I2', 'c', 'orders', 'orders_codes', ''),
        ('I3', 'c', 'fragment', 'fragment_disjoint', ''), ('I3', 't', 'code', 'code_kept', ''), ('I3', 't', 'code', 'code_unchanged', ''),
        ('I3', 't', 'code_fingerprint', 'fingerprint_kept', ''), ('I3', 't', 'code_fingerprint', 'fingerprint_unchanged', ''),
        ('I3', 't', 'pool', 'pool_grows', ''), ('I3', 't', 'code', 'never_emptied', ''), ('I3', 't', 'bought_code', 'bought_code_insert_only', ''),
        ('I3', 't', 'bought_code', 'never_emptied', ''), ('I3', 'c', 'bought_code', 'bought_code_pkey', ''),
        ('I3', 'f', 'code', 'keep_codes', '35f15a579b6fcf71dec2bdd0a483fdd5'), ('I3', 'f', 'code_fingerprint', 'keep_fingerprints', 'e638a873490e4bbffa5cf666991c31b4'),
        ('I5', 'c', 'orders', 'orders_partner_id_out_order_no_key', ''), ('I5', 't', 'orders', 'order_content', ''),
        ('I5', 't', 'orders', 'order_kept', ''), ('I5', 't', 'orders', 'never_emptied', ''), ('I5', 'f', 'orders', 'refuse_rewrite', '7a09be54aa85ee568e19674652512605'),
        ('I6', 'i', 'attempt', 'attempt_live', ''), ('I6', 't', 'attempt', 'attempt_content', ''), ('I6', 't', 'attempt', 'attempt_kept', ''),
        ('I6', 't', 'attempt', 'never_emptied', ''),
        ('I7', 'c', 'lease', 'lease_disjoint', ''), ('I7', 't', 'lease', 'lease_epochs', ''), ('I7', 't', 'lease', 'lease_kept', ''),
        ('I7', 't', 'lease', 'never_emptied', ''),
        ('I9', 't', 'orders', 'order_states', ''), ('I9', 't', 'attempt', 'attempt_states', ''), ('I9', 't', 'resolution', 'resolution_kept', ''),
        ('I9', 'f', 'orders', 'refuse_move', 'a2ea48b9e575121da847faeb3a7dc545'),
        ('I10', 'c', 'account', 'account_funds', ''), ('I10', 'c', 'entry', 'entry_sign', ''), ('I10', 'c', 'entry', 'entry_run', ''),
        ('I10', 'c', 'entry', 'entry_pkey', ''), ('I10', 'i', 'entry', 'entry_reference', ''), ('I10', 't', 'entry', 'entry_insert_only', ''),
        ('I10', 't', 'entry', 'never_emptied', ''), ('I10', 't', 'entry', 'entry_follows', ''), ('I10', 't', 'account', 'account_counts', ''),
        ('I10', 't', 'account', 'account_kept', ''), ('I10', 't', 'account', 'never_emptied', ''),
        ('I10', 'f', 'entry', 'follow_entry', '1afbeefa77d4e40469c24a285b685cb3'), ('I10', 'f', 'account', 'refuse_step_back', '481aff88cb51f749511406b26dddaa58'),
        ('I13', 'c', 'reveal', 'reveal_chain_height_key', ''), ('I13', 't', 'reveal', 'reveal_insert_only', ''),
        ('I13', 't', 'reveal', 'never_emptied', ''), ('I13', 't', 'reveal_head', 'head_grows', ''), ('I13', 't', 'reveal_head', 'head_kept', ''),
        ('I13', 't', 'reveal_head', 'never_emptied', ''), ('changes', 'c', 'change', 'change_pkey', ''),
        ('changes', 't', 'change', 'change_follows', ''), ('changes', 't', 'change', 'change_insert_only', ''), ('changes', 't', 'change', 'never_emptied', ''),
        ('changes', 't', 'change_head', 'change_head_grows', ''), ('changes', 't', 'change_head', 'change_head_kept', ''),
        ('changes', 't', 'change_head', 'never_emptied', ''), ('changes', 'f', 'change', 'follow_change', 'c5caf9bd238146cf13c3cc558761f52f'),
        ('I13', 'f', 'reveal', 'refuse_change', '44402823f9c527457909d9d0b4007afb'),
        ('I13', 'f', 'reveal', 'refuse_truncate', '942f770fa5ecfba92c92720a3d9ca76b'),
        ('I2', 'f', 'orders', 'order_is_sound', 'cf53302a499547f7744fd400b676e05d'), ('I10', 'f', 'entry', 'entry_is_signed', 'e2376bd6fd371d9070484095f7e477fd'),
        ('I10', 'f', 'entry', 'entry_is_run', '5d09f816b0e43bb8770337876afc1194'), ('I10', 'f', 'account', 'count_on', '1a08298493d919c94f6d0e86557581a5'),
        ('I13', 'f', 'reveal_head', 'grow_by_one', '60c830cb3530e6a24a9a291dbeb65298')
    ) AS g (invariant, kind, tab, name, md5)
    LEFT JOIN pg_trigger t ON g.kind = 't' AND t.tgrelid = to_regclass('public.' || g.tab) AND t.tgname = g.name
    LEFT JOIN pg_constraint c ON g.kind = 'c' AND c.conrelid = to_regclass('public.' || g.tab) AND c.conname = g.name
    LEFT JOIN pg_index i ON g.kind = 'i' AND i.indexrelid = to_regclass('public.' || g.name)
    LEFT JOIN pg_proc f ON g.kind = 'f' AND f.pronamespace = 'public'::regnamespace AND f.proname = g.name
    WHERE g.invariant = p_invariant AND CASE g.kind
        WHEN 't' THEN t.oid IS NULL OR t.tgenabled NOT IN ('O', 'A')
        WHEN 'c' THEN c.oid IS NULL OR NOT c.convalidated
        WHEN 'i' THEN i.indexrelid IS NULL OR NOT i.indisvalid OR NOT i.indisunique
        ELSE f.oid IS NULL OR md5(f.prosrc) <> g.md5 END
$$;
