-- What SQLite has by its migrations 0010 to 0013: second factors, identities, policies, preferences.

ALTER TABLE accounts
    ADD COLUMN second_factor_required BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN token_lifetime BIGINT CHECK (token_lifetime BETWEEN 1 AND 3650),
    ADD COLUMN allowed_addresses TEXT COLLATE "C" NOT NULL DEFAULT '[]'
        CHECK (json_typeof(allowed_addresses::json) = 'array'),
    ADD COLUMN tokens_viewable BOOLEAN NOT NULL DEFAULT FALSE,
    ADD COLUMN policy_revision BIGINT NOT NULL DEFAULT 1 CHECK (policy_revision >= 1);

CREATE TABLE authenticators (
    user_id UUID PRIMARY KEY REFERENCES users (id),
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    user_id UUID NOT NULL REFERENCES users (id),
    code_hash BYTEA NOT NULL CHECK (length(code_hash) = 32),
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE pending_sign_ins (
    token_hash BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id UUID NOT NULL REFERENCES accounts (id),
    user_id UUID NOT NULL REFERENCES users (id),
    password_hash TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C",
    created_at BIGINT NOT NULL
);

CREATE TABLE identities (
    issuer TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
);

ALTER TABLE tokens
    ADD COLUMN expires_at BIGINT,
    ADD COLUMN secret_issued_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN sealed_secret BYTEA CHECK (length(sealed_secret) > 1);

UPDATE tokens SET secret_issued_at = COALESCE(
    (SELECT MAX(at) FROM audit_events WHERE token_id = tokens.id AND action = 'token_reset'), created_at);

ALTER TABLE users
    ADD COLUMN language TEXT COLLATE "C",
    ADD COLUMN time_zone TEXT COLLATE "C";
