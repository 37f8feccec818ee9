"""The permissions that OctoPrint's access control offers for this plugin."""

from __future__ import annotations

from flask_babel import gettext

from octoprint.access import ADMIN_GROUP, USER_GROUP


def permissions() -> list[dict]:
    """One permission per kind of action; see OctoPrint's hook `octoprint.access.permissions`."""
    return [
        {
            "key": "VIEW",
            "name": gettext("See"),
            "description": gettext(
                "Allows to see the tab, one's own jobs and the queue."
            ),
            "roles": ["view"],
            "default_groups": [USER_GROUP],
        },
        {
            "key": "CREATE",
            "name": gettext("Create"),
            "description": gettext("Allows to give photos and make models of them."),
            "roles": ["create"],
            "permissions": ["PLUGIN_IMG2STL_VIEW"],
            "default_groups": [USER_GROUP],
        },
        {
            "key": "REMOTE",
            "name": gettext("Send away"),
            "description": gettext("Allows to have photos sent to a remote endpoint."),
            "roles": ["remote"],
            "permissions": ["PLUGIN_IMG2STL_CREATE"],
            "dangerous": True,
            "default_groups": [ADMIN_GROUP],
        },
        {
            "key": "QUEUE",
            "name": gettext("Queue"),
            "description": gettext(
                "Allows to change the print queue. Starting a print also needs OctoPrint's own "
                "permissions to select files and to print."
            ),
            "roles": ["queue"],
            "permissions": ["PLUGIN_IMG2STL_VIEW"],
            "default_groups": [USER_GROUP],
        },
        {
            "key": "MANAGE",
            "name": gettext("Manage"),
            "description": gettext(
                "Allows to see, change and delete the jobs of everybody."
            ),
            "roles": ["manage"],
            "permissions": ["PLUGIN_IMG2STL_CREATE", "PLUGIN_IMG2STL_QUEUE"],
            "dangerous": True,
            "default_groups": [ADMIN_GROUP],
        },
    ]
