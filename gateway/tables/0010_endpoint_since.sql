-- Since when a partner's endpoint is in force: orders that ended later must have a webhook (I11).
ALTER TABLE webhook_endpoint ADD COLUMN set_at timestamptz NOT NULL DEFAULT now();
