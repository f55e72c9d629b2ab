-- The guards of 0241, at a tenth of their cost: what is no breach calls no function.

-- What was accepted stays as it is; states move along the table of gateway/holds/rules.py. The function says
-- what is wrong of what comes to it. Column by column: of rows compared as rows the text changes when it is
-- dumped and restored, and the audit knows a guard by its text.
DROP TRIGGER hold_moves ON hold;
CREATE TRIGGER hold_moves BEFORE UPDATE ON hold FOR EACH ROW WHEN (
    NEW.partner_id IS DISTINCT FROM OLD.partner_id OR NEW.id IS DISTINCT FROM OLD.id
    OR NEW.out_hold_no IS DISTINCT FROM OLD.out_hold_no OR NEW.content_hash IS DISTINCT FROM OLD.content_hash
    OR NEW.sku_id IS DISTINCT FROM OLD.sku_id OR NEW.quantity IS DISTINCT FROM OLD.quantity
    OR NEW.amount IS DISTINCT FROM OLD.amount OR NEW.currency IS DISTINCT FROM OLD.currency
    OR NEW.pool_id IS DISTINCT FROM OLD.pool_id OR NEW.seqs IS DISTINCT FROM OLD.seqs
    OR NEW.account IS DISTINCT FROM OLD.account OR NEW.buyer_id IS DISTINCT FROM OLD.buyer_id
    OR NEW.buyer_ip IS DISTINCT FROM OLD.buyer_ip OR NEW.details IS DISTINCT FROM OLD.details
    OR NEW.expires_at IS DISTINCT FROM OLD.expires_at OR NEW.created_at IS DISTINCT FROM OLD.created_at
    OR (NEW.state <> OLD.state AND NOT CASE OLD.state
           WHEN 'held' THEN NEW.state IN ('confirmed', 'released', 'expired', 'late_confirmed')
           WHEN 'expired' THEN NEW.state IN ('late_confirmed', 'late_refused')
           ELSE false END))
    EXECUTE FUNCTION keep_hold();

-- Nobody can hold what was sold: all codes of a statement are looked at together, whoever inserts them.
CREATE FUNCTION refuse_any_sold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sold record;
BEGIN
    SELECT n.pool_id, n.seq INTO sold FROM held_now n
    CROSS JOIN LATERAL (SELECT FROM public.allocation a WHERE a.pool_id = n.pool_id AND a.seq = n.seq LIMIT 1) AS a LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'code % of pool % cannot be held: it is sold or void', sold.seq, sold.pool_id USING ERRCODE = 'QG003';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER held_code_unsold ON held_code;
CREATE TRIGGER held_code_unsold AFTER INSERT ON held_code REFERENCING NEW TABLE AS held_now
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_sold();
DROP FUNCTION refuse_sold();
