"""Names of the streams that node agent and edge write into a capsule's telemetry folder."""

APP_LOG = "app"
"""Records `{at, replica, stream, text, environment}`."""
ACCESS_LOG = "access"
