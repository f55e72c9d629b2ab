-- Workers watch the ends of shelves: they hear when one is moved, as a campaign's is with its end.
CREATE OR REPLACE TRIGGER announce AFTER INSERT OR UPDATE OF sku, channel, campaign, closed_at, ends_at ON shelf
    FOR EACH STATEMENT EXECUTE FUNCTION announce_catalog();
