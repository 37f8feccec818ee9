"""`python -m octoprint_img2stl …`: the commands without OctoPrint."""

from .cli import group

group(prog_name="python -m octoprint_img2stl")
