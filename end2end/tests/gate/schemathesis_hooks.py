"""Calls that schemathesis takes for invalid ones, although they are valid as they are sent."""

import schemathesis


@schemathesis.hook
def filter_query(context, query):
    """An empty list is no value of a query: nothing of it is sent."""
    return not query or all(value not in ([], {}) for value in query.values())
