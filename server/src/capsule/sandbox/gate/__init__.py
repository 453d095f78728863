"""The one way out of a walled runtime's empty network: connections that its policy allows, made for it.

A runtime lives in a network namespace with nothing but a loopback of its own. Each of its `connect` calls
stops at the `Gate`, which looks at the address, asks the `Policy`, and puts a connected socket of the
machine's network in place of the runtime's own. Names are resolved by the `Relay`. The reasons are in
docs/decisions/0011-network-gate.md.
"""
