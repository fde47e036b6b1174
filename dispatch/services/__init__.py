"""The verbs of dispatch: rank, assign, report positions; issue, sign, feed back, verify, close; remind and supervise."""
