-- The same as SQLite's migration 0018: links to set a new password.

CREATE TABLE password_resets (
    token_hash BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id UUID NOT NULL REFERENCES users (id),
    made_by UUID REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX password_resets_by_user ON password_resets (user_id);
