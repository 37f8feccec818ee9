"""A plugin that stands in for octoprint-spoolman in OctoPrint's own folder of plugins.

As to its settings, the only thing that we read of it; see `plugin.spool_sources`.
"""

import octoprint.plugin

__plugin_name__ = "Spoolman (stand-in)"
__plugin_pythoncompat__ = ">=3,<4"


class StandIn(octoprint.plugin.SettingsPlugin):
    def get_settings_defaults(self):
        return {"spoolmanUrl": "", "selectedSpoolIds": {}}


__plugin_implementation__ = StandIn()
