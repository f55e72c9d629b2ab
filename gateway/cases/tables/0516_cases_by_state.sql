-- The list of cases of one state, newest first.
CREATE INDEX service_case_state ON service_case (state, id);
