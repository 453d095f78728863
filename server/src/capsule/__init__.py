"""The Capsule platform: control plane, node agent, edge and app host."""

__version__ = "0.1.0"
