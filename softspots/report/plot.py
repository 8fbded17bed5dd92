"""The map's plot, by Bokeh: axes, layers of discs, colours and hover, still without data."""

from __future__ import annotations

from matplotlib.colors import to_hex

from softspots.extras import load_extra
from softspots.figures.discs import COLORS
from softspots.figures.map_3d import DEPTHS

WORDS = ("particle", "soft spot", "D²_min", "participation")
# Circles have their radius in the units of the axes, which dots of other libraries do not. A canvas draws them: without
# a graphics card, which a page cannot know of, 10,000 of them take twice as long by WebGL.
EMPTY = {name: [] for name in ("x", "y", "radius", "inner", "value", "depth", "slot")}


def library() -> list[str]:
    """The scripts that draw the plot, for the page.

    Raises
    ------
    InstallationError
        If Bokeh is not there.
    """
    resources = load_extra("bokeh.resources").Resources(mode="inline", components=["bokeh"], log_level="error")
    return resources.js_raw


def plot_item() -> dict:
    """The plot as JSON that Bokeh makes a view of; models that `page.js` changes have names.

    ``others``, ``spots`` and ``depths`` are the data of particles beside and on soft spots, and of soft spots seen from
    above; ``colors`` and ``heights`` stand for values.

    Raises
    ------
    InstallationError
        If Bokeh is not there.
    """
    models, plotting = load_extra("bokeh.models"), load_extra("bokeh.plotting")
    colors = models.LogColorMapper(
        name="colors", palette=_hex(COLORS), nan_color=to_hex(COLORS.get_bad()), low=1, high=10
    )
    heights = models.LinearColorMapper(name="heights", palette=_hex(DEPTHS), low=0, high=1)
    plot = plotting.figure(
        name="map",
        x_range=models.Range1d(0, 1, name="x"),
        y_range=models.Range1d(0, 1, name="y"),
        tools="",
        toolbar_location="above",
        lod_threshold=None,
        frame_width=300,
        frame_height=300,
    )
    pan, wheel = models.PanTool(), models.WheelZoomTool()
    zooms = models.BoxZoomTool(match_aspect=True), models.ZoomInTool(), models.ZoomOutTool()
    plot.add_tools(pan, wheel, *zooms, models.ResetTool(), models.SaveTool(filename="map"))
    plot.toolbar.update(active_scroll=wheel, active_drag=pan, logo=None)
    plot.grid.visible = False
    sources = {name: models.ColumnDataSource(name=name, data=EMPTY) for name in ("others", "spots", "depths")}
    by_value, by_depth = {"field": "value", "transform": colors}, {"field": "depth", "transform": heights}
    # As in `softspots.figures.discs.draw_discs`: black discs with smaller coloured ones on top.
    layers = [
        plot.circle("x", "y", radius=radius, source=sources[name], fill_color=color, line_color=line, line_width=0.4)
        for name, radius, color, line in (
            ("others", "radius", by_value, None),
            ("spots", "radius", "black", None),
            ("spots", "inner", by_value, None),
            ("depths", "radius", by_depth, "white"),
        )
    ]
    bars = {
        name: models.ColorBar(name=f"bar of {name}", color_mapper=mapper, title=" ", height=10, padding=4)
        for name, mapper in (("colors", colors), ("heights", heights))
    }
    for bar in bars.values():
        plot.add_layout(bar, "below")
    told = models.CustomJSHover(code="return softspots.told(value, format)")
    plot.add_tools(
        models.HoverTool(
            renderers=[layers[0], layers[1], layers[3]],
            tooltips=[(word, f"@slot{{{word}}}") for word in WORDS],
            formatters={"@slot": told},
            point_policy="follow_mouse",
        )
    )
    return load_extra("bokeh.embed").json_item(plot, "softspots-plot")


def _hex(colors) -> list[str]:
    return [to_hex(one) for one in colors.colors]
