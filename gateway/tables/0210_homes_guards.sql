-- What 0201 added is content as well: which currency an order's amount is in, what an attempt is
-- for and which line of its order it delivers. The triggers are those of 0160, and these columns.
CREATE OR REPLACE TRIGGER order_content BEFORE UPDATE ON orders FOR EACH ROW
    WHEN (OLD.partner_id <> NEW.partner_id OR OLD.id <> NEW.id OR OLD.out_order_no <> NEW.out_order_no
          OR OLD.content_hash <> NEW.content_hash OR OLD.sku_id <> NEW.sku_id OR OLD.quantity <> NEW.quantity
          OR OLD.amount <> NEW.amount OR OLD.currency <> NEW.currency OR OLD.account IS DISTINCT FROM NEW.account
          OR OLD.metadata IS DISTINCT FROM NEW.metadata OR OLD.details IS DISTINCT FROM NEW.details
          OR OLD.created_at <> NEW.created_at OR NEW.refunded < OLD.refunded OR NEW.last_event < OLD.last_event
          OR (OLD.seqs IS NOT NULL AND (NEW.seqs IS DISTINCT FROM OLD.seqs OR NEW.pool_id IS DISTINCT FROM OLD.pool_id))
          OR (OLD.commit_no IS NOT NULL AND NEW.commit_no IS DISTINCT FROM OLD.commit_no))
    EXECUTE FUNCTION refuse_rewrite();
CREATE OR REPLACE TRIGGER attempt_content BEFORE UPDATE ON attempt FOR EACH ROW
    WHEN (OLD.id <> NEW.id OR OLD.partner_id <> NEW.partner_id OR OLD.order_id <> NEW.order_id OR OLD.upstream_id <> NEW.upstream_id
          OR OLD.product_id <> NEW.product_id OR OLD.account <> NEW.account OR OLD.quantity <> NEW.quantity
          OR OLD.purpose <> NEW.purpose OR OLD.line IS DISTINCT FROM NEW.line OR NEW.sends < OLD.sends)
    EXECUTE FUNCTION refuse_rewrite();
