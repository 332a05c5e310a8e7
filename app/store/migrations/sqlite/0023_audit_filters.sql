-- The audit trail is also filtered by the user and by actions. The index of its order holds what the filters ask, so that
-- entries that are passed over are never fetched; those of one user, or of one action, are together in an index of their own.
DROP INDEX audit_events_by_account;
CREATE INDEX audit_events_by_account ON audit_events (account_id, at DESC, sequence DESC, action, user_id);
CREATE INDEX audit_events_by_user ON audit_events (account_id, user_id, at DESC, sequence DESC, action)
WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_by_action ON audit_events (account_id, action, at DESC, sequence DESC, user_id);
