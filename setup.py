__import__("setuptools").setup(license="AGPL-3.0-or-later")
