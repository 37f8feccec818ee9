"""The plugin's own package is no registry's: it comes from the checkout this lies in."""

from pathlib import Path

from setuptools import setup

CHECKOUT = Path(__file__).resolve().parents[2]
needs = ["numpy>=1.23", "Pillow>=9.4", "scipy>=1.10"]
if (CHECKOUT / "octoprint_img2stl").is_dir():
    needs.append(f"OctoPrint-Img2STL @ {CHECKOUT.as_uri()}")
else:  # built elsewhere, such as from an sdist
    needs.append("OctoPrint-Img2STL")
setup(license="AGPL-3.0-or-later", install_requires=needs)
