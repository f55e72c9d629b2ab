-- A pass lets in one order, or one hold (whose order needs none): `order_id` is the number of either. A
-- use stays as it was written.
CREATE TRIGGER pass_use_kept BEFORE UPDATE OR DELETE ON pass_use FOR EACH ROW EXECUTE FUNCTION refuse_change();
