-- By which another server key than this database's is noticed: the HMAC-SHA-256 of a constant. One row, once a server
-- key was used.
CREATE TABLE server_key (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    constant_hash BLOB NOT NULL CHECK (length(constant_hash) = 32)
) STRICT;
