-- The guards of an invariant (of `changes`: the log of changes, and approvals; of `holds`: what is held; of `cases`: after-sales) that are missing, switched off or not what they were made as, a sentence
-- each. For the audit: whoever owns the tables could take one away, or put one of the same name in its place that refuses nothing. Kinds:
-- t trigger (its definition, with its WHEN), c constraint, i index, f the text of the function of a trigger or constraint; md5 of the text
-- that PostgreSQL gives, which is the same from 15 on. What changes a guard changes its md5 here: the audit's own test names it.
CREATE FUNCTION missing_guards(p_invariant text) RETURNS SETOF text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT format('the guard %s of %s is %s', g.name, g.tab, found.wrong)
    FROM (VALUES
        ('I1', 'c', 'allocation', 'allocation_pkey', '3da2c52df32633df54cb9026acc4cd8e'), ('I1', 't', 'allocation', 'allocation_insert_only', '6392104504230e1ea23c128d899b32e8'),
        ('I1', 't', 'allocation', 'never_emptied', '95c83ae5d7b6069a9ff75efd24cc6434'), ('I1', 't', 'code_void', 'code_void_insert_only', 'a32103326433a4f6303aaa5548133ab5'),
        ('I1', 't', 'code_void', 'never_emptied', '18760e40942813a4c3ce4198250de857'), ('I2', 'c', 'orders', 'orders_quantity', '8af0a175ffa9475f192ab1c08cf6b752'),
        ('I3', 'c', 'fragment', 'fragment_disjoint', '4325c381ed7bd9f3da3f5647db1ff9cd'), ('I3', 't', 'code', 'code_kept', '76903087629f13174636429ceb2e7f36'),
        ('I3', 't', 'code', 'code_unchanged', '0ef97991b6501667c62717a83a6c201a'), ('I3', 't', 'code_fingerprint', 'fingerprint_kept', '92d334325809b94babcf473ddf934072'),
        ('I3', 't', 'code_fingerprint', 'fingerprint_unchanged', '51d5cf067891d526381ca1a6930b3c73'), ('I3', 't', 'pool', 'pool_grows', '227716ffd9e31ee281770b8d69bbfd00'),
        ('I3', 't', 'code', 'never_emptied', '5d012a94ec78def0d96614969c276b3b'), ('I3', 't', 'bought_code', 'bought_code_insert_only', '3d19bfc4c695c5df7316270f513dce7a'),
        ('I3', 't', 'bought_code', 'never_emptied', '4be2e8d1721beff47d28f66bb3bd54fa'), ('I3', 'c', 'bought_code', 'bought_code_pkey', '541037ec495da6a6d4c26d9c6d849c59'),
        ('I3', 'f', 'code', 'keep_codes', '35f15a579b6fcf71dec2bdd0a483fdd5'), ('I3', 'f', 'code_fingerprint', 'keep_fingerprints', 'e638a873490e4bbffa5cf666991c31b4'),
        ('I3', 't', 'fragment', 'on_shelf', '7e2effa21a120e5ff92f2a67e5d81b0b'), ('I3', 't', 'lease', 'on_shelf', '7b6493560fa0efc3ade82a74ebadc72e'),
        ('I3', 't', 'shelf_range', 'range_agrees', 'df7d700309fd92cb994ec031ea3881e8'), ('I3', 'c', 'shelf_range', 'shelf_range_disjoint', '4325c381ed7bd9f3da3f5647db1ff9cd'),
        ('I3', 'f', 'fragment', 'keep_to_shelf', '08172ac19448672f72ad6ae7d57ab29a'), ('I3', 'f', 'shelf_range', 'keep_shelf_range', '57458ae4c38851489b02468e4be4615f'),
        ('I3', 'f', 'shelf_range', 'shelf_of_range', 'dbe3b91fba347c9b603974dbb8709c50'),
        ('I5', 'c', 'orders', 'orders_partner_id_out_order_no_key', '3831902829f7043d0f6ca42c7d1881b2'), ('I5', 't', 'orders', 'order_content', '6294702ac9462d15e7760822f82eecf0'),
        ('I5', 't', 'orders', 'order_kept', 'd0b480d136d7d7b2470d2aaa642f2809'), ('I5', 't', 'orders', 'never_emptied', '254fd31206e7e8cc8928f43bd87c0a35'),
        ('I5', 'f', 'orders', 'refuse_rewrite', '7a09be54aa85ee568e19674652512605'), ('I6', 'i', 'attempt', 'attempt_live', '4cf600b5369a0c03a63673c7dce7687d'),
        ('I6', 't', 'attempt', 'attempt_content', '6021f9a476d37bf313be5a029af90d77'), ('I6', 't', 'attempt', 'attempt_kept', 'eed33fb5fb790e58165fbfa807473803'),
        ('I6', 't', 'attempt', 'never_emptied', 'e458c512b4f4f49ffb2a0879275b3375'), ('I7', 'c', 'lease', 'lease_disjoint', '7f61894731a2bef192f997f569a5e23f'),
        ('I7', 't', 'lease', 'lease_epochs', '4265427df838158748155a19dd069e0d'), ('I7', 't', 'lease', 'lease_kept', 'f68fca5fe769d5d0b514b63db925bde8'),
        ('I7', 't', 'lease', 'never_emptied', '56b0f6187039497328607f81d62137cd'), ('I9', 't', 'orders', 'order_states', 'a6689036458340a3cecb5bc0574070c7'),
        ('I9', 't', 'attempt', 'attempt_states', '9b097252b222cc8410663fad9ce35fbb'), ('I9', 't', 'resolution', 'resolution_kept', 'f375540d22559df6dc9820f4e083b113'),
        ('I9', 'f', 'orders', 'refuse_move', 'a2ea48b9e575121da847faeb3a7dc545'), ('I10', 'c', 'account', 'account_funds', '8bdbf7f3e415c4ed9d76bd7ef96a39b6'),
        ('I10', 'c', 'entry', 'entry_sign', '6adb55bbddc0149cf0ac4bd43985efc2'), ('I10', 'c', 'entry', 'entry_pkey', '08ac371d126627f80828d0fb105e3352'), ('I10', 'i', 'entry', 'entry_reference', 'b422e48fbf4a3b7621c8b194ec02ac5e'),
        ('I10', 't', 'entry', 'entry_insert_only', '9fe5bf5f94c790b776051c7d066ca6e7'), ('I10', 't', 'entry', 'never_emptied', 'b32160ca3c895cf7a901cc042b8589b5'),
        ('I10', 't', 'entry', 'entry_follows', '42239646f98478bd94dc3e8f1acbe6c3'), ('I10', 't', 'account', 'account_counts', '1cd8a63ddeee5e3fd20a48357d1c9f06'),
        ('I10', 't', 'account', 'account_kept', '27f1858b765c2b763faf7fd8f58d1d15'), ('I10', 't', 'account', 'never_emptied', '66d3283a683f93b87d4d497b52eb87fe'),
        ('I10', 'f', 'entry', 'follow_entry', '1afbeefa77d4e40469c24a285b685cb3'), ('I10', 'f', 'account', 'refuse_step_back', '481aff88cb51f749511406b26dddaa58'),
        ('I13', 'c', 'reveal', 'reveal_chain_height_key', 'b38b0989cb95cd59c8128246f741c930'), ('I13', 't', 'reveal', 'reveal_insert_only', '5914e6bfde03057bc788b4d632fdf4c2'),
        ('I13', 't', 'reveal', 'never_emptied', '66e90345b592f96ab143b55a0d254ea9'), ('I13', 't', 'reveal_head', 'head_grows', '87c387eec191b64aa42bbc4baeb58657'),
        ('I13', 't', 'reveal_head', 'head_kept', 'f0a7791488c8058e436f9c39481ec496'), ('I13', 't', 'reveal_head', 'never_emptied', 'e5072afa994575afb1b9f88f2b7932cf'),
        ('holds', 'c', 'held_code', 'held_code_pkey', '3da2c52df32633df54cb9026acc4cd8e'), ('holds', 't', 'held_code', 'held_code_unsold', '71adfada64cc0b7ac7e0d0724d31ee7c'),
        ('holds', 't', 'held_code', 'held_code_unchanged', '184b9b6bba3bb7ee9a89d2ae20e1618c'), ('holds', 't', 'held_code', 'never_emptied', '6530ad9418a4e00d2949c4180ef73b10'),
        ('holds', 't', 'lease', 'lease_unheld', '89b4fe3fc4bb01f1c6c5c51c7eb8d49d'), ('holds', 't', 'fragment', 'fragment_unheld', '4d5d42873c491a8bc44b48179769553c'),
        ('holds', 'c', 'hold', 'hold_partner_id_out_hold_no_key', 'b869c3615768fa8b4b44a5528582d388'), ('holds', 't', 'hold', 'hold_moves', '5ec18b78fc756cfca1fd3cb6ed5095d3'),
        ('holds', 't', 'hold', 'hold_kept', '8dab241b086b8d3198d21e370063ff9f'), ('holds', 't', 'hold', 'never_emptied', 'cbeafeba9af49b874242e57cb3e8ee3a'),
        ('holds', 'f', 'held_code', 'refuse_any_sold', '51a3755e86128bf8b6b8e3e8b3629068'), ('holds', 'f', 'lease', 'refuse_held', 'b4acc4b5995f9d6c358fb6f9f71ce147'),
        ('holds', 'f', 'hold', 'keep_hold', '911d3cc2bfd72f6aefef4d230ac4b3ab'),
        ('changes', 'c', 'change', 'change_pkey', '4c6419b3704337bbfe50f018842a9ad3'), ('changes', 't', 'change', 'change_follows', '85019468c2ac8ddb928371a17a045ef7'),
        ('changes', 't', 'change', 'change_insert_only', 'da5dc2c55c4a7bb7aaca2044e26262d1'), ('changes', 't', 'change', 'never_emptied', '2f27b53f731c07d21946e4ea18114bd4'),
        ('changes', 't', 'change_head', 'change_head_grows', '0b7ea20cc626615daf3fe43a1369e1ab'), ('changes', 't', 'change_head', 'change_head_kept', 'd1836223922d16e4699bfa4c47dcc6dc'),
        ('changes', 't', 'change_head', 'never_emptied', '71128fae368318a0fb3d621c228f1c2e'), ('changes', 'f', 'change', 'follow_change', 'c5caf9bd238146cf13c3cc558761f52f'),
        ('changes', 'c', 'approval', 'approval_four_eyes', '97f45c82c9c7ee232c65391415ebbdb5'), ('changes', 'c', 'approval', 'approval_hands', '9c1e1703dd8803f70780f72c56b61007'), ('changes', 'c', 'approval', 'approval_parameters', '714a0d302848fbd02e73ec831932c1d5'), ('changes', 'c', 'approval', 'approval_decided', '2b7898d7f09a89369f1549dfa0ec4d00'), ('changes', 'c', 'approval', 'approval_redeemed', '7ce418e953b6dfb6a6038e4d50e4659b'),
        ('changes', 't', 'approval', 'approval_content', '63e0cd9816c1fa77a15e383ee80aa48a'), ('changes', 't', 'approval', 'approval_stays', '29fb9cd7fd29e9a7d8248241101218e3'), ('changes', 't', 'approval', 'approval_kept', '18a718e586bdb4ac36258caa974cdf2f'), ('changes', 't', 'approval', 'never_emptied', 'a3b9484363a416f9c43b272ea82f41c7'),
        ('I13', 'f', 'reveal', 'refuse_change', '44402823f9c527457909d9d0b4007afb'), ('I13', 'f', 'reveal', 'refuse_truncate', '942f770fa5ecfba92c92720a3d9ca76b'),
        ('I14', 'c', 'quota_use', 'quota_use_pkey', '011190b27fd3402f8316d88998a04c05'), ('I14', 'c', 'quota_use', 'quota_use_most', '8821f541ac86e9c11515eee40d9344b7'),
        ('I14', 'c', 'quota_block', 'quota_block_pkey', 'e108bc60969a1555bc58d08a48115cff'), ('I14', 'c', 'quota_block', 'quota_block_units', '022082e711e5fd4dbcbb80e25120154e'),
        ('I14', 'c', 'quota_taken', 'quota_taken_pkey', '9d23ba53585d7906f3e5aad5b2dac69f'), ('I14', 't', 'quota_taken', 'never_emptied', 'c9a3704a261005fb323a31bbb6873f71'),
        ('I2', 'f', 'orders', 'order_is_whole', 'ae2ac68abccdab0dca4a224f4df9c507'), ('I10', 'f', 'entry', 'entry_is_sound', 'a4ef4ef5039dd8a3e57caddbeaf690f9'),
        ('I10', 'f', 'account', 'count_on', '1a08298493d919c94f6d0e86557581a5'),
        ('I13', 'f', 'reveal_head', 'grow_by_one', '60c830cb3530e6a24a9a291dbeb65298'), ('I15', 'c', 'pass_use', 'pass_use_pkey', '21f9d354e7cf59e7205297d8c48c963d'), ('I2', 't', 'orders', 'order_after_sale', 'efc930b3aaf1f9af36316b0cf4806b35'), ('I2', 'f', 'orders', 'keep_after_sale', 'd347871513300dee00a814ef9ea7229d'), ('cases', 't', 'service_case', 'case_moves', '424455c069dc5bc4a79e9d9b910fb87e'), ('cases', 't', 'service_case', 'case_kept', 'e2a91ef1a2b6e4e186a42ed1c056da46'), ('cases', 'f', 'service_case', 'keep_what_explains', '71336240790f9d35a77f0c2dcb5b4f55'), ('cases', 'f', 'case_step', 'keep_steps', '58dc7284800f0e8e75000ca18e0e3fb1'), ('cases', 't', 'service_case', 'never_emptied', '446e7bbec389997d20eddab8208f01fc'), ('cases', 'f', 'service_case', 'keep_case', '212be65520321c7409e81dcc249169e6'), ('cases', 'i', 'service_case', 'service_case_open', 'b80f749e69dfa695871873a10d835a3b'), ('cases', 'c', 'service_case', 'service_case_partner_id_out_case_no_key', 'd4bb526b5d13336834a771af0fa37f53'), ('cases', 'c', 'service_case', 'case_money', 'b5e07129cd417b027b837ce5e40b129e'), ('cases', 'c', 'code_void', 'code_void_pkey', '3da2c52df32633df54cb9026acc4cd8e'), ('cases', 't', 'case_step', 'case_step_insert_only', 'e1a3d969c239934a53effa8794b4aff5'), ('cases', 't', 'case_step', 'never_emptied', '68ad124979be2cedaf3b81ef9cb578db'), ('cases', 'c', 'reissue', 'reissue_pkey', '50e12a0d16231bd9a5d8070e80ad1237'), ('cases', 'c', 'reissue', 'reissue_pool_id_new_seq_key', '7c7a3dbecda2bb79b7351e637722191d'), ('cases', 't', 'reissue', 'reissue_insert_only', '726af1d105a91ecf52e9757ef80376cd'), ('cases', 't', 'reissue', 'never_emptied', '5674ef768ccac2916d9418da5e8ab0fa'),
        ('I15', 't', 'pass_use', 'pass_use_kept', '3215a9e4525ed64b96c9a4ce0ef13c9c'), ('I15', 't', 'pass_use', 'never_emptied', '32d77ac11f8abcbe1ebf541df65f5e8b')
    ) AS g (invariant, kind, tab, name, md5)
    LEFT JOIN pg_trigger t ON g.kind = 't' AND t.tgrelid = to_regclass('public.' || g.tab) AND t.tgname = g.name
    LEFT JOIN pg_constraint c ON g.kind = 'c' AND c.conrelid = to_regclass('public.' || g.tab) AND c.conname = g.name
    LEFT JOIN pg_index i ON g.kind = 'i' AND i.indexrelid = to_regclass('public.' || g.name)
    LEFT JOIN pg_proc f ON g.kind = 'f' AND f.pronamespace = 'public'::regnamespace AND f.proname = g.name
    CROSS JOIN LATERAL (SELECT CASE
        WHEN coalesce(t.oid, c.oid, i.indexrelid, f.oid) IS NULL THEN 'missing'
        WHEN t.tgenabled NOT IN ('O', 'A') THEN 'switched off'
        WHEN NOT c.convalidated THEN 'not validated'
        WHEN NOT i.indisvalid THEN 'not valid'
        WHEN md5(coalesce(pg_get_triggerdef(t.oid), pg_get_constraintdef(c.oid), pg_get_indexdef(i.indexrelid), f.prosrc)) <> g.md5
        THEN 'not the one that was made' END) AS found (wrong)
    WHERE g.invariant = p_invariant AND found.wrong IS NOT NULL
$$;
