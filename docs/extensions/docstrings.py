"""What docstrings say between bars and backticks, as Sphinx is to read it."""

import pkgutil
import re

MADE_BY_OTHERS = ("softspots.Frames", "softspots.Study", "softspots.io.Results", "softspots.io.Sheared")
LITERAL = re.compile(r"(``.+?``)")


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
    """Of what only other functions make."""
    return ("", returns) if name in MADE_BY_OTHERS else None


def setup(app):
    # Before numpydoc, which sees all lines.
    app.connect("autodoc-process-docstring", keep_bars, priority=400)
    app.connect("autodoc-process-signature", no_signature)
    app.connect("missing-reference", name_only)
    return {"parallel_read_safe": True}
