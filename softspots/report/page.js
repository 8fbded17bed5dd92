"use strict"
// The map of the report: a frame is unpacked when it is looked at, and drawn by Bokeh. `packing.py` and `maps.py` are
// the way there; where discs stand and what they look like is as in softspots/figures.

const softspots = (() => {
  const byId = (name) => document.getElementById(`softspots-${name}`)
  const text = (name) => JSON.parse(byId(name).textContent)
  const runs = text("runs")
  // What is shown: a run, the number of a frame in its list, its columns, and in space the height of the slice.
  const now = {run: null, at: -1, columns: null, height: 0, view: "slice"}
  let model = null

  // The text of a frame as columns of whole numbers: of each the high bytes, as differences, then the low ones.
  async function unpacked(content, lengths) {
    const packed = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
    let start = 0
    return lengths.map((length) => {
      const column = new Uint16Array(length)
      for (let k = 0, high = 0; k < length; k++) {
        high = (high + bytes[start + k]) & 255
        column[k] = 256 * high + bytes[start + length + k]
      }
      start += 2 * length
      return column
    })
  }

  async function columnsOf(run, at) {
    const frame = run.frames[at], axes = frame.levels.length, count = run.ids.length
    const lengths = [...Array(axes + 4).fill(count), frame.ratios]
    const columns = await unpacked(byId(`frame-${runs.indexOf(run)}-${at}`).textContent, lengths)
    const [activity, moves, spot, mode, ratio] = columns.slice(axes)
    return {axes: columns.slice(0, axes), activity, moves, spot, mode, ratio}
  }

  function valueOf(code, lowest, run) {
    if (code === run.codes.unknown) return NaN
    return code === run.codes.zero ? 0 : lowest * Math.exp((code - run.codes.first) * run.step)
  }

  // Where a particle is in the brick that stands still while the box is sheared; z from `bottom` on.
  function placeOf(frame, columns, slot, bottom) {
    const {vectors, levels} = frame, place = [0, 0, 0]
    vectors.forEach((vector, k) => {
      const part = columns.axes[k][slot] / levels[k]
      vector.forEach((component, axis) => { place[axis] += part * component })
    })
    for (let axis = vectors.length - 1; axis >= 0; axis--) {
      const turns = Math.floor((place[axis] - (axis === 2 ? bottom : 0)) / vectors[axis][axis])
      vectors[axis].forEach((component, other) => { place[other] -= turns * component })
    }
    return place
  }

  // All periodic images in the plane that reach into the rectangle of the map.
  function images(frame, x, y, radius, take) {
    const [[width], [tilt, height]] = frame.vectors
    for (const row of [-1, 0, 1]) {
      const up = y + row * height
      if (up < -radius || up > height + radius) continue
      const along = x + row * tilt, first = along - Math.floor(along / width) * width
      for (const across of [first - width, first, first + width]) {
        if (across >= -radius && across <= width + radius) take(across, up)
      }
    }
  }

  const layer = () => ({x: [], y: [], radius: [], inner: [], value: [], depth: [], slot: []})

  function discs() {
    const {run, columns, height, view} = now, frame = run.frames[now.at], solid = frame.vectors.length === 3
    const layers = {others: layer(), spots: layer(), depths: layer()}
    const above = solid && view === "above", bottom = solid && !above ? height - frame.vectors[2][2] / 2 : 0
    let slots = run.ids.map((_, slot) => slot)
    const places = slots.map((slot) => placeOf(frame, columns, slot, bottom))
    if (above) {
      slots = slots.filter((slot) => columns.spot[slot])
      slots.sort((one, other) => places[one][2] - places[other][2])
    }
    for (const slot of slots) {
      const [x, y, z] = places[slot]
      let radius = run.radii[slot]
      if (solid && !above) {
        const square = radius ** 2 - (z - height) ** 2
        if (square <= 0) continue
        radius = Math.sqrt(square)
      }
      const into = layers[above ? "depths" : columns.spot[slot] ? "spots" : "others"]
      const value = valueOf(columns.activity[slot], run.lowest, run) / (run.temperature ?? 1)
      images(frame, x, y, radius, (across, up) => {
        into.x.push(across)
        into.y.push(up)
        into.radius.push(radius)
        into.inner.push(Math.max(radius - run.outline, run.least * radius))
        into.value.push(value)
        into.depth.push(z)
        into.slot.push(slot)
      })
    }
    return layers
  }

  function draw() {
    const layers = discs()
    for (const [name, data] of Object.entries(layers)) model(name).data = data
    byId("words").textContent = words()
    byId("frame").setAttribute("aria-valuetext", words())
    document.body.dataset.drawn = `${runs.indexOf(now.run)} ${now.at}`
  }

  function words() {
    const {run} = now, frame = run.frames[now.at], parts = [frame.title]
    const unit = frame.time === 1 ? run.time.replace(/s$/, "") : run.time
    if (frame.time !== null) parts.push(`t = ${+frame.time.toPrecision(6)} ${unit}`)
    if (frame.strain !== null) parts.push(`γ = ${+frame.strain.toPrecision(4)}`)
    if (frame.spots === null) parts.push("soft spots not known: no certified inherent structure")
    else parts.push(`${frame.spots} soft spot${frame.spots === 1 ? "" : "s"} on ${(100 * frame.density).toFixed(1)} % of the particles`)
    if (!frame.measured) parts.push("D²_min not known")
    return parts.join(" · ")
  }

  // What is said of a particle under the pointer.
  function told(slot, what) {
    const {run, columns} = now, frame = run.frames[now.at]
    if (what === "particle") return `${run.ids[slot]}, species ${run.species[slot]}`
    if (what === "D²_min") {
      const value = valueOf(columns.activity[slot], run.lowest, run)
      if (Number.isNaN(value)) return "not known"
      const relative = value / (run.temperature ?? 1), moves = columns.moves[slot]
      const more = (run.temperature ? `, D²_min/T = ${relative.toPrecision(3)}` : "") + (moves ? ": rearranges" : "")
      return `${value.toPrecision(3)} ${run.length}²${more}`
    }
    if (frame.spots === null) return "not known"
    if (what === "soft spot") return columns.spot[slot] ? `${columns.spot[slot] - 1}` : "none"
    const mode = columns.mode[slot]
    if (!mode) return `in none of ${run.modes} modes`
    const ratio = 1 / valueOf(columns.ratio[mode - 1], 1, run)
    return `${ratio.toPrecision(3)}, in mode ${mode} of ${run.modes} by localization`
  }

  // Frames that are asked for while one is unpacked are skipped, but for the last.
  let wanted = null, busy = false
  async function go(run, at) {
    wanted = {run, at}
    if (busy) return
    busy = true
    try {
      while (now.run !== wanted.run || now.at !== wanted.at) {
        const next = wanted, columns = await columnsOf(next.run, next.at), other = now.run !== next.run
        Object.assign(now, next, {columns})
        if (other) prepare()
        draw()
      }
    } catch (error) {
      byId("words").textContent = `This frame cannot be drawn (${error.message}); a browser of 2023 or later is needed.`
      throw error
    } finally {
      busy = false
    }
  }

  // Axes, colours and controls for the frames of another run.
  function prepare() {
    const {run} = now, solid = run.frames[0].vectors.length === 3
    const largest = (axis) => Math.max(...run.frames.map((frame) => frame.vectors[axis][axis]))
    const unit = run.temperature ? `D²_min/T (k_B ${run.length}²/${run.energy})` : `D²_min (${run.length}²)`
    for (const [axis, name] of ["x", "y"].entries()) {
      const end = largest(axis)
      model(name).setv({start: 0, end, bounds: [0, end], min_interval: Math.min(2, end), reset_start: 0, reset_end: end})
    }
    const plot = model("map")
    plot.below[0].axis_label = `x (${run.length})`
    plot.left[0].axis_label = `y (${run.length})`
    const [low, high] = run.colors
    model("colors").setv({low, high})
    model("bar of colors").title = unit
    model("bar of heights").title = `z (${run.length})`
    byId("space").hidden = !solid
    if (solid) {
      const top = largest(2)
      model("heights").setv({low: 0, high: top})
      Object.assign(byId("height"), {max: top, step: top / 200, value: top / 2})
      now.height = top / 2
    }
    see()
    byId("frame-label").textContent = run.noun[0].toUpperCase() + run.noun.slice(1)
    byId("frame").max = run.frames.length - 1
    const some = run.frames.length < run.all ? [`${run.frames.length} of ${run.all} ${run.noun}s are shown.`] : []
    byId("notes").replaceChildren(...[...some, ...run.notes].map((note) => {
      const line = document.createElement("li")
      line.textContent = note
      return line
    }))
    fit()
  }

  // In space: a slice, or soft spots at all depths from above, each with its colour bar.
  function see() {
    const above = now.run.frames[0].vectors.length === 3 && now.view === "above"
    model("bar of heights").visible = above
    model("bar of colors").visible = !above
    byId("height").disabled = above
    byId("height-words").textContent = `z = ${now.height.toFixed(2)} ${now.run.length}`
  }

  // As wide as there is room, as high as the window, and round discs.
  function fit() {
    const plot = model("map"), width = model("x").reset_end, height = model("y").reset_end
    const room = Math.max(byId("plot").clientWidth - 75, 150), most = 0.75 * window.innerHeight
    const frame = Math.min(room, Math.max(most, 250) * width / height)
    plot.setv({frame_width: Math.round(frame), frame_height: Math.round(frame * height / width)})
  }

  function listen() {
    const run = () => runs[byId("run").value], slider = byId("frame")
    slider.addEventListener("input", () => go(run(), +slider.value))
    byId("run").addEventListener("change", () => {
      slider.value = 0
      go(run(), 0)
    })
    byId("height").addEventListener("input", (event) => {
      now.height = +event.target.value
      see()
      draw()
    })
    byId("view").addEventListener("change", (event) => {
      now.view = event.target.value
      see()
      draw()
    })
    byId("play").addEventListener("click", async (event) => {
      const button = event.currentTarget, playing = button.getAttribute("aria-pressed") !== "true"
      button.setAttribute("aria-pressed", playing)
      while (button.getAttribute("aria-pressed") === "true") {
        slider.value = +slider.value === +slider.max ? 0 : +slider.value + 1
        await go(run(), +slider.value)
        await new Promise((done) => setTimeout(done, 80))
      }
    })
    window.addEventListener("resize", fit)
  }

  async function start() {
    await Bokeh.embed.embed_item(text("item"), "softspots-plot")
    const all = Bokeh.documents.at(-1)
    model = (name) => all.get_model_by_name(name)
    // A finger on the map of a phone moves the page.
    if (window.matchMedia("(pointer: coarse)").matches) model("map").toolbar.active_drag = null
    listen()
    await go(runs[0], 0)
  }

  return {start, told, now}
})()

if (document.getElementById("softspots-item")) softspots.start()
