"""Bases of images, made of packages where no registry can be reached. The recipes are data."""
