"""What runs and what configures it: capsules, environment variables, secrets, files."""
