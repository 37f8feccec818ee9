"""From heights over a grid of nodes to a closed solid of few triangles. Needs numpy."""
