-- How often who wanted to buy in a campaign was refused, by what was answered (a problem's code). Workers
-- add what they counted every second; what a killed one counted last is missing. A figure, no book.
CREATE TABLE campaign_refusal (
    campaign_id bigint NOT NULL REFERENCES campaign (id),
    code        text NOT NULL,
    refused     bigint NOT NULL CHECK (refused > 0),
    PRIMARY KEY (campaign_id, code)
);
