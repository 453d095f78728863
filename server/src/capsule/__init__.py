"""The Capsule platform: control plane, node agent, edge and app host."""
