-- Lists look at what they show: messages that nobody took in the end are few, and asked for.
CREATE INDEX webhook_dead ON webhook (partner_id, id) WHERE state = 'dead';
