-- Campaigns for buyers who never bought.
ALTER TABLE campaign ADD COLUMN new_buyers boolean NOT NULL DEFAULT false;
CREATE INDEX campaign_for_newcomers ON campaign (name) WHERE new_buyers;
