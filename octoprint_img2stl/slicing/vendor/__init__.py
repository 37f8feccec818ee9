"""Choose your printer: the makers' bundles of the installed PrusaSlicer, read by ourselves.

A bundle is an ini file of one maker with all its printers, print settings and filaments,
which inherit from each other and say by conditions what goes with what. PrusaSlicer 2.5
cannot be asked for one of them without its window, so `index.Vendors` finds, lists and
flattens them. The files are read at run time and never copied.
"""

from __future__ import annotations
