-- Chains of the audit trail are made once. Events that were moved here from a version of SQLite before the chain have none
-- yet: the next start makes them, as SQL can't, and removes this note. Events without a chain that are found later stay
-- without.
INSERT INTO unfinished_work (name)
SELECT 'chain the audit trail'
WHERE EXISTS (SELECT 1 FROM audit_events)
    AND NOT EXISTS (SELECT 1 FROM audit_events WHERE hash IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM audit_heads);
