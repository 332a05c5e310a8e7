-- The same as SQLite's migration 0022: indexes of the conditions in which tokens need a person.

CREATE INDEX tokens_by_state ON tokens (account_id, state, api_version) INCLUDE (expires_at, secret_issued_at)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_expiry ON tokens (account_id, expires_at) INCLUDE (state, last_used_at)
WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX tokens_by_contact ON tokens (account_id, primary_contact) INCLUDE (state)
WHERE deleted_at IS NULL;
