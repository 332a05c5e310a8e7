-- Policies of an account, and how long an Auth Token passes.
--
-- `token_lifetime` is in days. `allowed_addresses` are network addresses with prefix lengths; none for all of them.
ALTER TABLE accounts ADD COLUMN token_lifetime INTEGER CHECK (token_lifetime BETWEEN 1 AND 3650);
ALTER TABLE accounts ADD COLUMN allowed_addresses TEXT NOT NULL DEFAULT '[]'
    CHECK (json_type(allowed_addresses) = 'array');
ALTER TABLE accounts ADD COLUMN tokens_viewable INTEGER NOT NULL DEFAULT 0 CHECK (tokens_viewable IN (0, 1));
ALTER TABLE accounts ADD COLUMN policy_revision INTEGER NOT NULL DEFAULT 1 CHECK (policy_revision >= 1);

-- `expires_at` is what people chose, if anything. `secret_issued_at` is when the Auth Token was made, which is when the
-- token was created or last reset. `sealed_secret` is the Auth Token where the account lets it be viewed again: the id of
-- the key, which is not in the database, and what it has sealed.
ALTER TABLE tokens ADD COLUMN expires_at INTEGER;
ALTER TABLE tokens ADD COLUMN secret_issued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN sealed_secret BLOB CHECK (length(sealed_secret) > 1);

UPDATE tokens SET secret_issued_at = COALESCE(
    (SELECT MAX(at) FROM audit_events WHERE token_id = tokens.id AND action = 'token_reset'), created_at);
