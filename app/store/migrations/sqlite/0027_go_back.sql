-- The API version that a token was upgraded from, and until when it can go back to it; both or none.
ALTER TABLE tokens ADD COLUMN version_before INTEGER;
ALTER TABLE tokens ADD COLUMN go_back_until INTEGER;

CREATE INDEX tokens_by_go_back ON tokens (go_back_until) WHERE go_back_until IS NOT NULL;
