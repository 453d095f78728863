"""Where capsules live: spaces, and the first ones of a new installation."""
