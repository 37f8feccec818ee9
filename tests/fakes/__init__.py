"""Imitations of remote servers, which really listen on 127.0.0.1."""
