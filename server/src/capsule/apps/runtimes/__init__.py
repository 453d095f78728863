"""A runtime for each user of an app: ordered from the engine, connected, replaced, let go."""
