"""`python -m img2stl_gpu_server`."""

import sys

from .cli import main

sys.exit(main())
