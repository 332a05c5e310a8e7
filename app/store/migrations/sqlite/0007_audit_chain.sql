-- The audit trail as one chain for each account: see `audit_chain.rs`. Older events have no `sequence` and no `hash` until
-- the store is opened, which chains them: SQL can't.
--
-- `address` is the network address that it was done from, `names_folded` what the trail's search looks in.
ALTER TABLE audit_events ADD COLUMN sequence INTEGER CHECK (sequence >= 1);
ALTER TABLE audit_events ADD COLUMN hash BLOB CHECK (length(hash) = 32);
ALTER TABLE audit_events ADD COLUMN address TEXT;
ALTER TABLE audit_events ADD COLUMN names_folded TEXT NOT NULL DEFAULT '';

CREATE UNIQUE INDEX audit_events_by_sequence ON audit_events (account_id, sequence);
DROP INDEX audit_events_by_account;
CREATE INDEX audit_events_by_account ON audit_events (account_id, at DESC, sequence DESC);

-- The last entry of each chain. `seal` is made with the server key, which is not in the database.
CREATE TABLE audit_heads (
    account_id BLOB NOT NULL PRIMARY KEY REFERENCES accounts (id),
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    seal BLOB NOT NULL CHECK (length(seal) = 32)
) STRICT, WITHOUT ROWID;
