-- The advertisers that an agency has imported. `id` is the number that the API knows them by, `advertiser` the rest in
-- the API's own form.
CREATE TABLE advertisers (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    id INTEGER NOT NULL CHECK (id > 0),
    advertiser TEXT NOT NULL CHECK (json_type(advertiser) = 'object'),
    PRIMARY KEY (account_id, id)
) STRICT;
