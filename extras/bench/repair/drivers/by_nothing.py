"""Leaves everything as it is."""

import task

task.run(lambda points, faces: (points, faces, {}))
