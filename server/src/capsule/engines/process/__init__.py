"""Replicas as processes of this machine, inside the walls of `capsule.sandbox`."""
