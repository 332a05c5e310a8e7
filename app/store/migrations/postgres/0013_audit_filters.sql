-- The same as SQLite's migration 0023: indexes for the audit trail's filters by user and by action.

DROP INDEX audit_events_by_account;
CREATE INDEX audit_events_by_account ON audit_events (account_id, at DESC, sequence DESC) INCLUDE (id, action, user_id);
CREATE INDEX audit_events_by_user ON audit_events (account_id, user_id, at DESC, sequence DESC) INCLUDE (id, action)
WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_by_action ON audit_events (account_id, action, at DESC, sequence DESC) INCLUDE (id, user_id);
