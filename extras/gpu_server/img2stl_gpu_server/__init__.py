"""A small server for the PC with the graphics card: photos come in, solids go out.

`cli` starts it; `app` answers requests, `listener` carries them, `keeper` has the jobs, which
lie on disk in `store`; a `maker` runs one of the `backends` and finishes its mesh.
"""

__version__ = "1.0.0"
NAME = "img2stl-gpu-server"
API = 1
