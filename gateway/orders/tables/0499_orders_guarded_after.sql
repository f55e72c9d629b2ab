-- As 0498, for orders: in a transaction of its own, since commits write orders first and settlements attempts. The
-- guards are those of 0160, 0210 and 0410.
CREATE OR REPLACE TRIGGER order_states AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
        WHEN 'processing' THEN NEW.state IN ('delivered', 'partial', 'failed', 'uncertain')
        WHEN 'uncertain' THEN NEW.state IN ('delivered', 'partial', 'failed', 'processing')
        WHEN 'delivered' THEN NEW.state = 'reversed'
        WHEN 'partial' THEN NEW.state = 'reversed'
        ELSE false END)
    EXECUTE FUNCTION refuse_move();
CREATE OR REPLACE TRIGGER order_content AFTER UPDATE ON orders FOR EACH ROW
    WHEN (OLD.partner_id <> NEW.partner_id OR OLD.id <> NEW.id OR OLD.out_order_no <> NEW.out_order_no
          OR OLD.content_hash <> NEW.content_hash OR OLD.sku_id <> NEW.sku_id OR OLD.quantity <> NEW.quantity
          OR OLD.amount <> NEW.amount OR OLD.currency <> NEW.currency OR OLD.account IS DISTINCT FROM NEW.account
          OR OLD.metadata IS DISTINCT FROM NEW.metadata OR OLD.details IS DISTINCT FROM NEW.details
          OR OLD.created_at <> NEW.created_at OR NEW.refunded < OLD.refunded OR NEW.last_event < OLD.last_event
          OR (OLD.seqs IS NOT NULL AND (NEW.seqs IS DISTINCT FROM OLD.seqs OR NEW.pool_id IS DISTINCT FROM OLD.pool_id))
          OR (OLD.commit_no IS NOT NULL AND NEW.commit_no IS DISTINCT FROM OLD.commit_no))
    EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER order_after_sale AFTER UPDATE OF current_seqs, replaced, returned, recipient ON orders
    FOR EACH ROW EXECUTE FUNCTION keep_after_sale();
