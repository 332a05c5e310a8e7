-- The search for a part of a name, of 3 characters and more: an index of trigrams each for tokens and for the audit trail.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX tokens_by_part_of_name ON tokens USING gin (name_folded gin_trgm_ops)
WHERE deleted_at IS NULL;
CREATE INDEX audit_events_by_part_of_name ON audit_events USING gin (names_folded gin_trgm_ops);
