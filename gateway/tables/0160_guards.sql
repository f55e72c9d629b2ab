-- (Every table is given `never_emptied` after the migrations: gateway/store/migrate.py.)
-- Guards that refuse, beside the constraints: what proves money, a delivery or a view is neither
-- emptied nor rewritten, states move along their tables (I9), entries have no gaps (I10). Row and
-- statement triggers, no transition tables. The gateway's role owns no table, so it cannot take
-- them away; `quangate audit` says when one is missing or switched off.
--
-- What a trigger allows stands in its WHEN: a function is called only to refuse, so that what
-- is allowed costs an expression. The one on entries looks its predecessor up, once per commit
-- and account.

CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'QG003';
END $$;

CREATE TRIGGER code_void_insert_only BEFORE UPDATE OR DELETE ON code_void FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bought_code_insert_only BEFORE UPDATE OR DELETE ON bought_code FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- I9: states

CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % does not go from % to %', TG_TABLE_NAME, OLD.id, OLD.state, NEW.state USING ERRCODE = 'QG005';
END $$;

CREATE FUNCTION refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was accepted of % % stays as it is', TG_TABLE_NAME, OLD.id USING ERRCODE = 'QG003';
END $$;

-- The table of gateway/domain/order.py; a test compares every pair.
CREATE TRIGGER order_states BEFORE UPDATE ON orders FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
        WHEN 'processing' THEN NEW.state IN ('delivered', 'partial', 'failed', 'uncertain')
        WHEN 'uncertain' THEN NEW.state IN ('delivered', 'partial', 'failed', 'processing')
        WHEN 'delivered' THEN NEW.state = 'reversed'
        WHEN 'partial' THEN NEW.state = 'reversed'
        ELSE false END)
    EXECUTE FUNCTION refuse_move();

-- What the partner asked for, what it was charged, which codes it got.
CREATE TRIGGER order_content BEFORE UPDATE ON orders FOR EACH ROW
    WHEN (OLD.partner_id <> NEW.partner_id OR OLD.id <> NEW.id OR OLD.out_order_no <> NEW.out_order_no
          OR OLD.content_hash <> NEW.content_hash OR OLD.sku_id <> NEW.sku_id OR OLD.quantity <> NEW.quantity
          OR OLD.amount <> NEW.amount OR OLD.account IS DISTINCT FROM NEW.account
          OR OLD.metadata IS DISTINCT FROM NEW.metadata OR OLD.details IS DISTINCT FROM NEW.details
          OR OLD.created_at <> NEW.created_at OR NEW.refunded < OLD.refunded OR NEW.last_event < OLD.last_event
          OR (OLD.seqs IS NOT NULL AND (NEW.seqs IS DISTINCT FROM OLD.seqs OR NEW.pool_id IS DISTINCT FROM OLD.pool_id))
          OR (OLD.commit_no IS NOT NULL AND NEW.commit_no IS DISTINCT FROM OLD.commit_no))
    EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER order_kept BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was executed, or refused, stays so: gateway/domain/attempt.py.
CREATE TRIGGER attempt_states BEFORE UPDATE ON attempt FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
        WHEN 'created' THEN true
        WHEN 'accepted' THEN NEW.state <> 'created'
        WHEN 'uncertain' THEN NEW.state <> 'created'
        WHEN 'succeeded' THEN NEW.state = 'reversed'
        WHEN 'partial' THEN NEW.state = 'reversed'
        ELSE false END)
    EXECUTE FUNCTION refuse_move();
CREATE TRIGGER attempt_content BEFORE UPDATE ON attempt FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.partner_id <> NEW.partner_id OR OLD.order_id <> NEW.order_id OR OLD.upstream_id <> NEW.upstream_id
          OR OLD.product_id <> NEW.product_id OR OLD.account <> NEW.account OR OLD.quantity <> NEW.quantity
          OR NEW.sends < OLD.sends)
    EXECUTE FUNCTION refuse_rewrite();
CREATE TRIGGER attempt_kept BEFORE DELETE ON attempt FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A decision that was carried out stays; a proposal may be withdrawn.
CREATE TRIGGER resolution_kept BEFORE UPDATE OR DELETE ON resolution FOR EACH ROW
    WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- I7: leases

-- Epochs only grow, a closed lease stays closed and a range where it is: whoever lost it cannot get it back.
CREATE TRIGGER lease_epochs BEFORE UPDATE ON lease FOR EACH ROW
    WHEN (NEW.epoch < OLD.epoch OR (OLD.state = 'closed' AND NEW.state <> 'closed')
          OR (NEW.state <> OLD.state AND NEW.epoch = OLD.epoch)
          OR OLD.id <> NEW.id OR OLD.pool_id <> NEW.pool_id OR OLD.lo <> NEW.lo OR OLD.hi <> NEW.hi OR OLD.worker_id <> NEW.worker_id)
    EXECUTE FUNCTION refuse_move();
CREATE TRIGGER lease_kept BEFORE DELETE ON lease FOR EACH ROW WHEN (OLD.state = 'active') EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- I3: codes on sale or sold stay

CREATE FUNCTION keep_codes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.pool p WHERE p.id = OLD.pool_id AND OLD.seq < p.size) THEN
        RAISE EXCEPTION 'code % of pool % is on sale or sold', OLD.seq, OLD.pool_id USING ERRCODE = 'QG003';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER code_kept BEFORE DELETE ON code FOR EACH ROW EXECUTE FUNCTION keep_codes();
CREATE TRIGGER code_unchanged BEFORE UPDATE ON code FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE FUNCTION keep_fingerprints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.batch b WHERE b.id = OLD.batch_id AND b.state = 'on_sale') THEN
        RAISE EXCEPTION 'batch % is on sale', OLD.batch_id USING ERRCODE = 'QG003';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER fingerprint_kept BEFORE DELETE ON code_fingerprint FOR EACH ROW EXECUTE FUNCTION keep_fingerprints();
CREATE TRIGGER fingerprint_unchanged BEFORE UPDATE ON code_fingerprint FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What was put on sale or leased once is never taken back by the pool's own numbers.
CREATE FUNCTION refuse_step_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% does not go back', TG_TABLE_NAME USING ERRCODE = 'QG003';
END $$;
CREATE TRIGGER pool_grows BEFORE UPDATE ON pool FOR EACH ROW
    WHEN (NEW.size < OLD.size OR NEW.next_seq < OLD.next_seq OR NEW.generation < OLD.generation OR NEW.purchased <> OLD.purchased)
    EXECUTE FUNCTION refuse_step_back();

-- ---------------------------------------------------------------- I10: entries, one after the other

-- The number and the balance follow the entry before. Several of one statement see each other.
CREATE FUNCTION follow_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
BEGIN
    SELECT e.balance_after INTO before FROM public.entry e
    WHERE e.partner_id = NEW.partner_id AND e.seq = NEW.seq - coalesce(cardinality(NEW.order_ids), 1);
    IF NOT FOUND AND NEW.seq = coalesce(cardinality(NEW.order_ids), 1) THEN
        before := 0;
    END IF;
    IF NEW.balance_after IS DISTINCT FROM before + NEW.amount THEN
        RAISE EXCEPTION 'entry % of partner % does not follow the one before it', NEW.seq, NEW.partner_id USING ERRCODE = 'QG006';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_follows BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION follow_entry();

-- An account counts on, and is not moved to somebody else.
CREATE TRIGGER account_counts BEFORE UPDATE ON account FOR EACH ROW
    WHEN (NEW.last_entry < OLD.last_entry OR NEW.partner_id <> OLD.partner_id OR NEW.currency <> OLD.currency
          OR (NEW.balance <> OLD.balance AND NEW.last_entry = OLD.last_entry))
    EXECUTE FUNCTION refuse_step_back();
CREATE TRIGGER account_kept BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- ---------------------------------------------------------------- I13: heads

CREATE TRIGGER head_grows BEFORE UPDATE ON reveal_head FOR EACH ROW
    WHEN (NEW.chain <> OLD.chain OR NEW.height <> OLD.height + 1) EXECUTE FUNCTION refuse_step_back();
CREATE TRIGGER head_kept BEFORE DELETE ON reveal_head FOR EACH ROW EXECUTE FUNCTION refuse_change();
