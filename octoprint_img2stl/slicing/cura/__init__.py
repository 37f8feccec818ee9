"""CuraEngine: the light slicer, which is told every setting and evaluates no formula.

`formulas` evaluates the expressions of Cura's definition files, `definitions` reads those
files and resolves all settings of a machine, `ours` says our choices in Cura's settings,
`over` lays them over a profile, `config` makes of it all the one flat configuration the
engine gets, `output` understands what it says, `header` writes the true
first lines into the G-code, and `engine` runs it.
"""
