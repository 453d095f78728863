"""The command of an app's replica: loads the app once, and forks a walled runtime for each app user.

`process` is the loop, `birth` makes one runtime, `walls` puts it apart as the engine's plan says, `obstacles`
finds out whether a loaded app can be forked at all. Decides nothing about what a runtime may do.
"""
