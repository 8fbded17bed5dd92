"""Sphinx: how `make docs` makes the pages in build/docs."""

import shutil
import sys
from pathlib import Path

import softspots

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "extensions"), str(ROOT)]

project = "softspots"
author = "softspots developers"
version = release = softspots.__version__
extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinx-mathjax-offline",
    "docstrings",
    "generated_text",
]
exclude_patterns = ["tutorials", "extensions", "joss", "**/README.md"]
nitpicky = True
# V'' is a second derivative.
smartquotes = False
highlight_language = "none"

# Pages are Markdown that reads well without Sphinx, too.
myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]

# Names are loaded when they are used, so they are documented where they are typed: in `softspots`.
autosummary_generate = True
autosummary_imported_members = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
default_role = "autolink"
numpydoc_show_class_members = False
templates_path = ["templates"]

# Tutorials write files where they stand, so copies are run. What is drawn is shown.
SCRIPTS = ROOT / "build" / "tutorials"
shutil.copytree(HERE / "tutorials", SCRIPTS, dirs_exist_ok=True)
sphinx_gallery_conf = {
    "examples_dirs": str(SCRIPTS),
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "softspots"
html_static_path = ["static"]
html_favicon = "static/softspots.svg"
html_context = {"default_mode": "auto"}
html_css_files = ["softspots.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "softspots", "image_light": "static/softspots.svg", "image_dark": "static/softspots.svg"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
}
copyright = f"softspots developers. Version {release}"
copybutton_prompt_text = ">>> |\\.\\.\\. |\\$ "
copybutton_prompt_is_regexp = True
