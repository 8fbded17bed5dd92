"""What docstrings say between bars and backticks, as Sphinx is to read it."""

import pkgutil
import re

LITERAL = re.compile(r"(``.+?``)")


def keep_bars(app, what, name, obj, options, lines):
    """|x| is a magnitude, not a substitution."""
    for k, line in enumerate(lines):
        parts = LITERAL.split(line)
        lines[k] = "".join(part if part.startswith("``") else part.replace("|", "\\|") for part in parts)


def name_only(app, env, node, contnode):
    """A name that can be imported but has no page, such as a module, is shown as it is; any other one is a fault."""
    if (node.get("refdomain"), node.get("reftype")) != ("py", "obj"):
        return None
    try:
        pkgutil.resolve_name(node["reftarget"])
    except (ImportError, AttributeError, ValueError):
        return None
    return contnode


def setup(app):
    # Before numpydoc, which sees all lines.
    app.connect("autodoc-process-docstring", keep_bars, priority=400)
    app.connect("missing-reference", name_only)
    return {"parallel_read_safe": True}
