-- What was done in a request is found by its id, or by the trace its client said it belongs to.
CREATE INDEX change_by_request ON change ((how ->> 'request_id'), id) WHERE how ->> 'request_id' IS NOT NULL;
CREATE INDEX change_by_trace ON change ((how ->> 'trace_id'), id) WHERE how ->> 'trace_id' IS NOT NULL;
