"""The Docker daemon of this machine: where it is, how it is spoken to, and bases that need no registry.

Shared by the docker builder and the docker engine, as `capsule.sandbox` is by their process siblings.
"""
