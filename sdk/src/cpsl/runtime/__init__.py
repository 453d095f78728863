"""Runs inside a replica: loads an app, waits for the app host, and runs its turns. Keeps nothing itself."""
