"""The `capsule` command line: one file per noun in `commands/`, everything printed by `output`."""
