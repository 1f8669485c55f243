"""What every HTTP service of the house shares: logs, problems, request ids, metrics.

Needs the extra `octollm[service]`; the client library does not import it.
"""
