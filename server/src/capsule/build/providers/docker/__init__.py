"""Plan capsules that bring a Dockerfile, or only the name of an image."""
