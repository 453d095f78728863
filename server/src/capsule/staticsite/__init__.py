"""The file server that a replica of a static site runs: `python -m capsule.staticsite <folder>` on `$PORT`.

`capsule.staticsite.publish` makes that folder from a built project. Uses the standard library only, to stay
small. It stands behind the edge, which minds TLS, host names and ill-behaved clients.
"""
