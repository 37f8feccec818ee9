"""CuraEngine: the light slicer, which is told every setting and evaluates no formula.

`formulas` evaluates the expressions of Cura's definition files, `definitions` reads those
files and resolves all settings of a machine, `config` turns our choices into the one flat
configuration the engine gets, `output` understands what it says, `header` writes the true
first lines into the G-code, and `engine` runs it.
"""
