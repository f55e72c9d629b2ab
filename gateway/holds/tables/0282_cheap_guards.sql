-- The guards of 0241, at a tenth of their cost: what is no breach calls no function.

-- What was accepted stays as it is; states move along the table of gateway/holds/rules.py. The function says
-- what is wrong of what comes to it.
DROP TRIGGER hold_moves ON hold;
CREATE TRIGGER hold_moves BEFORE UPDATE ON hold FOR EACH ROW WHEN (
    ROW (NEW.partner_id, NEW.id, NEW.out_hold_no, NEW.content_hash, NEW.sku_id, NEW.quantity, NEW.amount, NEW.currency,
         NEW.pool_id, NEW.seqs, NEW.account, NEW.buyer_id, NEW.buyer_ip, NEW.details, NEW.expires_at, NEW.created_at)
    IS DISTINCT FROM
    ROW (OLD.partner_id, OLD.id, OLD.out_hold_no, OLD.content_hash, OLD.sku_id, OLD.quantity, OLD.amount, OLD.currency,
         OLD.pool_id, OLD.seqs, OLD.account, OLD.buyer_id, OLD.buyer_ip, OLD.details, OLD.expires_at, OLD.created_at)
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
