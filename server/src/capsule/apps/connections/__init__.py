"""Accounts of app users at other services: OAuth connections and secret forms, per user and environment."""
