// The live threshold view. It looks rows of a counted table up and formats them; every count and rate
// was made in the core. What somebody named or uploaded is only ever set as text.

const PAUSE = 250; // ms after the last key or step before Python hears of it
const LATE = 15000; // ms in which an older answer of Python is taken for late news

const FORMATS = { count, share, number };
const BETTER = { higher: " Higher is better.", lower: " Lower is better." };

class ThresholdView {
  constructor(root, memory) {
    this.root = root;
    this.memory = memory;
    this.sent = []; // what Python has not answered yet
    this.held = this.cancelled = this.edited = false;
    this.slider = this.hook("slider");
    this.typed = this.hook("typed");
    this.plot = new Plot(root);
    this.cells = [...root.querySelectorAll("td[data-k]")];
    this.listen();
    this.watch = new ResizeObserver(() => this.columns && this.paint());
    this.watch.observe(this.plot.svg);
  }

  part(role) {
    return this.root.querySelector(`[data-role=${role}]`);
  }

  hook(id) {
    return this.root.querySelector(`[data-testid=${id}]`);
  }

  // ---- what Python sends

  get busy() {
    return this.held || this.timer !== undefined;
  }

  receive(data) {
    if (this.busy) this.waiting = data; // never fight the hand on the slider
    else this.adopt(data);
  }

  adopt(data) {
    const shown = this.columns?.threshold[this.row], before = this.data;
    this.waiting = undefined;
    this.data = data;
    if (before?.version !== data.version || before.table !== data.table) this.read(data);
    const kept = this.isLate(data) ? this.find(shown) : -1;
    if (kept < 0) {
      this.remember(data.value);
      this.sent = [];
      this.use(data.scale);
      this.edited = false;
      this.say("");
    }
    this.row = kept < 0 ? this.find(data.value) : kept;
    this.describe();
    this.offer();
    this.paint();
  }

  // The answer to an earlier commit, or one that knows of none, must not undo a later one.
  isLate({ value, scale }) {
    const at = this.sent.findIndex((one) => one.value === value && one.scale === scale);
    if (!this.sent.length || at === this.sent.length - 1 || Date.now() - this.sentAt > LATE) return false;
    this.sent.splice(0, at + 1);
    return at >= 0 || (value === this.settled.value && scale === this.settled.scale);
  }

  read({ table }) {
    this.table = JSON.parse(table);
    this.columns = this.table.columns;
    this.scales = {
      score: new Scale("score", this.table.by_score, this.columns),
      share: new Scale("share", this.table.by_share, this.columns),
    };
    if (this.scale) this.use(this.scale.name);
    this.painted = undefined;
    this.buildTiles();
  }

  use(name) {
    this.scale = this.scales[name];
    this.hook(`scale-${name}`).checked = true;
  }

  find(threshold) {
    const row = position(this.columns.threshold, threshold);
    return this.columns.threshold[row] === threshold ? row : -1;
  }

  // ---- drawing

  buildTiles() {
    this.part("tiles").replaceChildren(...this.table.metrics.map((metric, i) => {
      const tile = element("div", { class: "tile" }), name = element("span", { class: "name" }, metric.label);
      if (this.table.lines.includes(metric.key)) name.prepend(swatch(metric.key));
      const value = element("output", {
        tabindex: 0, "aria-live": "off", "aria-label": metric.label, "aria-describedby": `about-${i}`,
        "data-metric": metric.key, "data-column": metric.key, "data-format": metric.unit,
      });
      const about = { class: "about", role: "tooltip", id: `about-${i}` };
      tile.append(name, value, element("small", { "data-below": i }), element("span", about, metric.about + (BETTER[metric.better] ?? "")));
      return tile;
    }));
    this.fields = [...this.root.querySelectorAll("[data-column]")];
    this.below = [...this.root.querySelectorAll("[data-below]")];
  }

  // Names and colours: they may change without the table.
  describe() {
    const { labels, colours, note } = this.data, { lines, metrics, totals } = this.table;
    for (const [key, light] of Object.entries(colours.light)) {
      this.root.style.setProperty(`--${key}`, `light-dark(${light}, ${colours.dark[key]})`);
    }
    for (const label of this.root.querySelectorAll("[data-label]")) {
      put(label, labels[label.dataset.label]);
      label.title = labels[label.dataset.label];
    }
    for (const total of this.root.querySelectorAll("[data-total]")) put(total, count(totals[total.dataset.total]));
    this.part("legend").replaceChildren(...lines.map((key) => {
      const item = element("span");
      item.append(swatch(key), metrics.find((metric) => metric.key === key)?.label ?? key);
      return item;
    }));
    put(this.part("note"), note);
  }

  // The picture, when the table, the scale, the names or the width changed.
  paint() {
    if (!this.plot.svg.clientWidth) return; // not on the screen yet: the resize brings us back
    const painted = JSON.stringify([this.data.version, this.scale.name, this.data.labels, this.plot.fit()]);
    if (painted !== this.painted) this.plot.paint(this.table, this.scale, this.data.labels);
    this.painted = painted;
    this.draw();
  }

  // Every frame: one row of the table.
  draw() {
    const { row, columns, scale, table } = this, threshold = columns.threshold[row], cut = scale.text(row);
    const text = (column, as) => (columns[column][row] === null ? "n/a" : FORMATS[as](columns[column][row]));
    put(this.part("threshold"), cut);
    put(this.part("cut"), cut);
    this.part("threshold").dataset.value = threshold;
    for (const field of this.fields) {
      const { column } = field.dataset;
      put(field, text(column, field.dataset.format));
      field.dataset.value = columns[column][row] ?? "";
    }
    for (const field of this.below) {
      const { key, fraction, undefined_when: reason } = table.metrics[field.dataset.below];
      const part = (name) => count(columns[name]?.[row] ?? table.totals[name]);
      const defined = fraction ? `${part(fraction[0])} of ${part(fraction[1])}` : "";
      put(field, columns[key][row] === null ? reason : defined);
    }
    for (const cell of this.cells) {
      const part = columns[cell.dataset.rate][row];
      cell.style.setProperty("--part", part ?? 0);
      cell.title = part === null ? "n/a: no row of this class" : "";
    }
    const flagged = text("flagged_share", "share");
    this.plot.move(row, this.find(this.committed), scale.name === "score" ? cut : flagged);
    this.slider.setAttribute("aria-valuetext", `${cut}, ${text("flagged", "count")} rows flagged, ${flagged}`);
    if (!this.edited) {
      const exact = String(threshold);
      this.typed.value = exact.length <= 10 ? exact : String(Number(threshold.toPrecision(6)));
      this.typed.removeAttribute("aria-invalid");
    }
  }

  say(text) {
    put(this.part("message"), text);
  }

  // ---- what somebody does

  listen() {
    const { root, slider, typed } = this, { svg } = this.plot;
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.escape(event));
    slider.addEventListener("pointerdown", (event) => event.button === 0 && this.hold());
    slider.addEventListener("input", () => {
      if (this.cancelled) slider.value = this.scale.step(this.row);
      else this.go(this.scale.steps[slider.valueAsNumber]);
      if (!this.held) this.later("keys");
    });
    slider.addEventListener("keydown", (event) => {
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (way) this.nudge(event, this.scale.name === "score" ? way : -way, "keys");
    });
    typed.addEventListener("keydown", (event) => {
      const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (way) this.nudge(event, way, "keys");
    });
    typed.addEventListener("input", () => { this.edited = true; });
    typed.addEventListener("change", () => this.enter());
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || slider.disabled) return;
      event.preventDefault();
      slider.focus({ preventScroll: true });
      svg.setPointerCapture(event.pointerId);
      this.hold();
      this.follow(event);
    });
    svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && this.follow(event));
    for (const button of root.querySelectorAll("[data-step]")) {
      button.addEventListener("click", (event) => this.nudge(event, Number(button.dataset.step), "step"));
    }
    this.hook("undo").addEventListener("click", () => this.undo());
    for (const choice of root.querySelectorAll("[name=scale]")) {
      choice.addEventListener("change", () => {
        this.flush();
        this.use(choice.value);
        this.paint();
        this.commit("scale");
      });
    }
  }

  hold() {
    this.flush();
    this.held = true;
    this.root.classList.add("held");
    const ends = ["pointerup", "pointercancel"];
    const end = () => {
      for (const name of ends) window.removeEventListener(name, end);
      const { cancelled } = this;
      this.held = this.cancelled = false;
      this.root.classList.remove("held");
      if (!cancelled) this.commit("drag");
      this.rest();
    };
    for (const name of ends) window.addEventListener(name, end);
  }

  follow(event) {
    if (this.held && !this.cancelled) this.go(this.scale.rowAt(this.plot.placeOf(event.clientX)));
  }

  go(row) {
    this.row = row;
    this.edited = false;
    this.say("");
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  nudge(event, way, how) {
    event.preventDefault();
    if (this.held) return;
    this.go(this.scale.beside(this.row, way));
    this.later(how);
  }

  // A typed threshold is never snapped: when no row holds it, Python counts it.
  enter() {
    const value = this.typed.valueAsNumber, [low, high] = this.range;
    if (!(value >= low && value <= high)) {
      this.typed.setAttribute("aria-invalid", "true");
      this.say(`Type a number from ${brief(low)} to ${brief(high)}.`);
      return;
    }
    this.typed.removeAttribute("aria-invalid");
    this.drop();
    this.moveTo("typed", value);
  }

  undo() {
    this.flush();
    if (this.memory.past.length) this.moveTo("undo", this.memory.past[this.memory.past.length - 1]);
  }

  moveTo(how, value) {
    const row = this.find(value);
    if (row >= 0) this.go(row);
    else this.say(`Counting ${brief(value)} …`);
    this.commit(how, value);
  }

  escape(event) {
    if (!this.busy && !this.edited) return;
    event.stopPropagation();
    this.drop();
    this.cancelled = this.held;
    const row = this.find(this.committed);
    this.go(row < 0 ? this.row : row);
    this.rest();
  }

  // ---- telling Python

  later(how) {
    this.drop();
    this.how = how;
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  drop() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  flush() {
    if (this.timer === undefined) return;
    this.drop();
    this.commit(this.how);
    this.rest();
  }

  rest() {
    if (this.waiting && !this.busy) this.adopt(this.waiting);
  }

  commit(how, value = this.columns.threshold[this.row]) {
    const scale = this.scale.name, moved = value !== this.committed;
    if (!moved && how !== "scale") return;
    if (!this.sent.length) this.settled = { value: this.data.value, scale: this.data.scale };
    this.remember(value, how === "undo");
    this.sent.push({ value, scale });
    this.sentAt = Date.now();
    this.draw();
    this.offer();
    if (this.find(value) >= 0) put(this.part("announcement"), `Threshold ${this.slider.getAttribute("aria-valuetext")}`);
    this.send({ value, scale, how });
  }

  get committed() {
    return this.memory.value;
  }

  get range() {
    const { threshold } = this.columns;
    return [threshold[0], threshold[threshold.length - 1]];
  }

  // A new threshold; the one before it can be gone back to.
  remember(value, back = false) {
    const { memory } = this;
    if (back) memory.past.pop();
    else if (memory.value !== undefined && memory.value !== value) memory.past = [...memory.past, memory.value].slice(-50);
    memory.value = value;
  }

  offer() {
    const [low, high] = this.range, past = this.memory.past.filter((value) => value >= low && value <= high);
    const last = past[past.length - 1];
    this.memory.past = past;
    this.hook("undo").disabled = last === undefined;
    put(this.part("previous"), last === undefined ? "Undo" : `Undo to ${brief(last)}`);
  }

  close() {
    this.drop();
    cancelAnimationFrame(this.frame);
    this.watch.disconnect();
    this.send = () => {};
  }
}

const views = new WeakMap();
const memories = new Map(); // by component key: going back still works after a visit to another page

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector("[data-testid=threshold-view]");
  if (!views.has(root)) {
    if (!memories.has(data.key)) memories.set(data.key, { value: undefined, past: [] });
    views.set(root, new ThresholdView(root, memories.get(data.key)));
  }
  const view = views.get(root);
  view.send = (event) => setTriggerValue("commit", event);
  view.receive(data);
  return () => {
    // Also called when a newer run overtook this one: close only what has left the page.
    if (!root.isConnected) view.close();
  };
}
