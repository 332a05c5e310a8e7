-- The conditions in which tokens need a person. Each index finds those of a condition, and holds what the condition asks.
-- Tokens are also found by their contact.
CREATE INDEX tokens_by_state ON tokens (account_id, state, api_version, expires_at, secret_issued_at)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_expiry ON tokens (account_id, expires_at, state, last_used_at)
WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
CREATE INDEX tokens_by_contact ON tokens (account_id, primary_contact, state, id)
WHERE deleted_at IS NULL;
