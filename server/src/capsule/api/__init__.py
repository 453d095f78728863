"""The HTTP face of the server: one app, one way to fail, one place that asks the policy."""
