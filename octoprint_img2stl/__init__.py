"""Photo to print: an OctoPrint plugin that turns a photo into a printed thing.

Only literals and the hook table stand here, because OctoPrint reads the former from the source
before importing, and because the worker and the commands import this package without OctoPrint.
"""

__plugin_name__ = "Photo to print"
__plugin_description__ = (
    "Take a picture, get a thing: photo to relief or lithophane, any 3D model to a "
    "printable solid."
)
__plugin_author__ = "The OctoPrint-Img2STL developers"
__plugin_license__ = "AGPL-3.0-or-later"
__plugin_pythoncompat__ = ">=3.10,<4"


def __plugin_load__():
    global __plugin_implementation__, __plugin_hooks__

    from .plugin import hooks
    from .plugin.implementation import Img2StlPlugin

    __plugin_implementation__ = Img2StlPlugin()
    __plugin_hooks__ = hooks.table(__plugin_implementation__)
