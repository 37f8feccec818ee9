"""Mesh files, one module a format: read without trust, write what others can read."""
