"""An engine that runs nothing: replicas are scripted, for tests of everything above."""
