-- Who a user is to an identity provider (OpenID Connect). `subject` is the provider's name for a person; unlike an e-mail
-- address it is never given to another. A user is one person to each provider.
CREATE TABLE identities (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, user_id)
) STRICT;
