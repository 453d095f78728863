"""Walls around a command: namespaces and cgroups where the machine allows, resource limits elsewhere.

`probe` finds out once what the machine allows, a `Box` describes what a command may see and use,
`enclose` turns the two into the command line to run. Knows nothing of replicas and builds.
"""
