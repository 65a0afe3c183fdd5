"""How Sphinx builds the documentation: `make docs`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "SHERPA"
author = "The SHERPA developers"
release = version = installed_version("sherpa-core")

extensions = ["myst_parser", "plugin_pages"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"SHERPA {release}"
html_copy_source = False
