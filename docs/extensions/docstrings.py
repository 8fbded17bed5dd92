"""What docstrings say between bars and backticks, as Sphinx is to read it."""

import pkgutil
import re

from sphinx.ext.autosummary import Autosummary

# What only other functions make, and what others derive from.
NOT_CALLED = {
    f"softspots.{name}" for name in ("Frames", "Study", "io.Results", "io.Sheared", "PairPotential", "Forces")
}
LITERAL = re.compile(r"(``.+?``)")


class Summary(Autosummary):
    """The table of a part of the API; it has no signature that is no one's to call, and can be wrapped."""

    def get_items(self, names):
        return [
            (name, "" if path in NOT_CALLED else signature, summary, path)
            for name, signature, summary, path in super().get_items(names)
        ]

    def get_table(self, items):
        # Without the node around it, in which spaces become hard ones.
        specification, table = super().get_table(items)
        return [specification, *table.children]


def keep_bars(app, what, name, obj, options, lines):
    """|x| is a magnitude, not a substitution; a line that begins with ``d.`` is no list."""
    for k, line in enumerate(lines):
        parts = LITERAL.split(line)
        line = "".join(part if part.startswith("``") else part.replace("|", "\\|") for part in parts)
        lines[k] = re.sub(r"^(\s*\w)\. ", r"\1\\. ", line)


def name_only(app, env, node, contnode):
    """A name that can be imported but has no page, such as a module, is shown as it is; any other one is a fault."""
    if (node.get("refdomain"), node.get("reftype")) != ("py", "obj"):
        return None
    try:
        pkgutil.resolve_name(node["reftarget"])
    except (ImportError, AttributeError, ValueError):
        return None
    return contnode


def no_signature(app, what, name, obj, options, signature, returns):
    """Of what no one calls."""
    return ("", returns) if name in NOT_CALLED else None


def setup(app):
    app.add_directive("autosummary", Summary, override=True)
    # Before numpydoc, which sees all lines.
    app.connect("autodoc-process-docstring", keep_bars, priority=400)
    app.connect("autodoc-process-signature", no_signature)
    app.connect("missing-reference", name_only)
    return {"parallel_read_safe": True}
