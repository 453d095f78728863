"""The file of one app's users: its schema, the log of each conversation, and one writer for all of it."""
