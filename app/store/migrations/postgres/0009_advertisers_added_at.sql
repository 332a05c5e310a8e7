-- When an advertiser was first imported, in microseconds since 1970. Lists go by it, so that one that is added comes last and
-- moves none of those on the pages before it. Those that are there already come first, by their numbers.
ALTER TABLE advertisers ADD COLUMN added_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX advertisers_by_import ON advertisers (account_id, added_at, id);
