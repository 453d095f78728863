"""Replicas as containers of the machine's Docker daemon, started from images."""
