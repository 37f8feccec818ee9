"""One module for each protocol an endpoint may speak."""
