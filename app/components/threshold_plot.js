// The picture of the threshold view: curves of the metrics over a strip of scores, on one axis.
// It is read before threshold_view.js, as one module. Only positions on the screen are computed.

const LEFT = 44, RIGHT = 18, TOP = 30, GAP = 34, STRIP = 64, THUMB = 18; // px
const CURVES = { least: 196, most: 340 };
const DASHES = { precision: "none", recall: "7 4", f1: "1.5 4" };
// Shares worth a tick, the ones to keep when there is little room first.
const SHARES = [0, 1, 1e-5, 1e-4, 0.001, 0.01, 0.1, 0.5, 0.05, 0.005, 0.02, 0.2, 0.002, 0.25, 0.75, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9];

const formats = new Map();
function format(value, options) {
  const name = JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat("en", options));
  return formats.get(name).format(value);
}

// As Python prints it, so that every page shows the same digits: the nearest, of two the even one.
function fixed(value, digits) {
  const size = Math.abs(value), below = Math.floor(size * 10 ** digits);
  const tie = (size * 2 ** (digits + 1)) % 2 === 1;
  const text = (tie && below % 2 === 0 ? below / 10 ** digits : size).toFixed(digits);
  return value < 0 && Number(text) ? `-${text}` : text;
}

function decimals(value, digits) {
  const [whole, rest] = fixed(value, digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest ? `${grouped}.${rest}` : grouped;
}

// The formats of app/numbers.py.
const short = (value, digits) => String(Number(value.toPrecision(digits)));
const count = (value) => decimals(value, Number.isInteger(value) ? 0 : 1);

function share(value) {
  return `${value && Math.abs(value) < 0.001 ? short(100 * value, 2) : fixed(100 * value, 1)}%`;
}

function number(value) {
  const size = Math.abs(value);
  if (size && (size < 0.001 || size >= 1e6)) return short(value, 3);
  return decimals(value, size < 1000 ? 3 : 1);
}

const brief = (value) => format(value, { maximumSignificantDigits: 6 });

function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function shape(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function put(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function swatch(key) {
  const icon = shape("svg", { viewBox: "0 0 24 8", class: "swatch", "aria-hidden": "true" });
  icon.append(shape("path", { d: "M1 4H23", class: "curve", "data-line": key, "stroke-dasharray": DASHES[key] }));
  return icon;
}

// First position in an ascending list whose entry is not below the wanted one.
function position(list, wanted) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function roundNumbers(low, high, most) {
  if (!(high > low)) return [{ value: low, text: decimals(low, 3) }];
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough * 0.999);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), numbers = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    numbers.push({ value: k * step, text: decimals(k ? k * step : 0, digits) });
  }
  return numbers;
}

// What the slider runs over: steps, each a row of the table. Rows ascend with the threshold, so their
// numbers compare; the steps ascend on the score scale and descend on the scale of flagged shares.
class Scale {
  constructor(name, steps, columns) {
    this.name = name;
    this.steps = steps;
    this.columns = columns;
    this.last = steps.length - 1;
    this.rows = [...new Set(steps)].sort((a, b) => a - b);
    this.low = columns.threshold[this.rows[0]];
    this.high = columns.threshold[this.rows[this.rows.length - 1]];
  }

  // The first step that has reached a row.
  step(row) {
    const ascending = this.name === "score";
    let low = 0, high = this.last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ascending ? this.steps[middle] < row : this.steps[middle] > row) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The next row with a lower (-1) or higher (1) threshold.
  beside(row, way) {
    const { rows } = this, at = position(rows, row);
    if (way < 0) return rows[at - 1] ?? row;
    return (rows[at] === row ? rows[at + 1] : rows[at]) ?? row;
  }

  // Where a score or a row lies between the left end, 0, and the right end, 1.
  placeOfScore(score) {
    if (this.name === "share") {
      const { threshold } = this.columns;
      return this.last ? this.step(Math.min(position(threshold, score), threshold.length - 1)) / this.last : 0.5;
    }
    return this.high > this.low ? Math.min(1, Math.max(0, (score - this.low) / (this.high - this.low))) : 0.5;
  }

  place(row) {
    return this.placeOfScore(this.columns.threshold[row]);
  }

  rowAt(place) {
    return this.steps[Math.round(Math.min(1, Math.max(0, place)) * this.last)];
  }

  // Three decimals, and as many more (up to six digits) as tell a step from its neighbours, or as a
  // threshold between two steps was typed with.
  text(row) {
    const { threshold } = this.columns, value = threshold[row], isStep = this.rows[position(this.rows, row)] === row;
    const near = [-1, 1].map((way) => this.beside(row, way)).filter((other) => other !== row);
    const whole = value ? Math.floor(Math.log10(Math.abs(value))) + 1 : 3;
    for (let digits = 3; ; digits++) {
      const text = decimals(value, digits);
      const enough = isStep ? near.every((other) => decimals(threshold[other], digits) !== text) : Number(fixed(value, digits)) === value;
      if (enough || whole + digits >= 6) return text;
    }
  }

  ticks(width) {
    if (this.name === "score") {
      const numbers = roundNumbers(this.low, this.high, width / 72);
      return numbers.map(({ value, text }) => ({ place: this.placeOfScore(value), text }));
    }
    const shares = this.columns.flagged_share, ticks = [];
    for (const wanted of SHARES) {
      const step = this.steps.findIndex((row) => shares[row] >= wanted);
      if (step < 0 || (step === 0 && shares[this.steps[0]] !== wanted)) continue;
      const place = step / Math.max(1, this.last);
      if (ticks.some((tick) => Math.abs(tick.place - place) * width < 52)) continue;
      ticks.push({ place, text: format(wanted, { style: "percent", maximumSignificantDigits: 2 }) });
    }
    return ticks;
  }
}

class Plot {
  constructor(root) {
    const part = (role) => root.querySelector(`[data-role=${role}]`);
    this.svg = part("svg");
    this.flag = part("flag");
    this.tickRow = part("ticks");
    this.axis = part("axis");
    this.slider = root.querySelector("[data-testid=slider]");
    this.results = [root.querySelector(".results"), part("tiles")];
    this.curves = CURVES.least;
  }

  // Room for the curves: as high as the results, when those stand beside them.
  fit() {
    const [results, tiles] = this.results.map((part) => part.getBoundingClientRect()), axis = this.axis.getBoundingClientRect();
    const free = results.left >= axis.right - 1 ? tiles.bottom - axis.bottom : -Infinity;
    this.curves = Math.round(Math.min(CURVES.most, Math.max(CURVES.least, this.curves + free)));
    return [this.svg.clientWidth, this.curves];
  }

  get base() {
    return TOP + this.curves + GAP + STRIP / 2;
  }

  get bottom() {
    return this.base + STRIP / 2;
  }

  x(place) {
    return LEFT + this.width * place;
  }

  y(rate) {
    return TOP + this.curves * (1 - rate);
  }

  placeOf(clientX) {
    return (clientX - this.svg.getBoundingClientRect().left - LEFT) / this.width;
  }

  // Everything that stays while the threshold moves.
  paint(table, scale, labels) {
    this.table = table;
    this.scale = scale;
    this.width = Math.max(40, this.svg.clientWidth - LEFT - RIGHT);
    const { base } = this, right = this.x(1), ticks = scale.ticks(this.width), lines = table.lines;
    const clip = (id) => {
      const path = shape("clipPath", { id });
      path.append(shape("rect", { y: 0, height: this.bottom }));
      return path;
    };
    const levels = [0, 0.25, 0.5, 0.75, 1].map((level) => ({ level, y: this.y(level) }));
    this.svg.replaceChildren(
      clip("flagged"),
      clip("passed"),
      shape("rect", { class: "reach", y: TOP, height: this.curves }),
      ...levels.map(({ y }) => shape("line", { class: "grid", x1: LEFT, x2: right, y1: y, y2: y })),
      ...levels.map(({ level, y }) => shape("text", { x: LEFT - 8, y: y + 4, class: "end" }, format(level, { style: "percent" }))),
      ...ticks.map(({ place }) => this.upright("grid", TOP, TOP + this.curves, this.x(place))),
      ...this.bars(),
      shape("line", { class: "base", x1: LEFT, x2: right, y1: base, y2: base }),
      ...lines.map((key) => this.curve(key)),
      this.upright("anchor", TOP, this.bottom, 0),
      this.upright("cursor", TOP - 4, this.bottom + THUMB / 2, 0),
      ...lines.map((key) => shape("circle", { r: 4.5, class: "dot", "data-line": key })),
      shape("text", { x: LEFT, y: base - STRIP / 2 - 9, class: "caption" }, this.caption(labels)),
    );
    const pick = (selector) => this.svg.querySelector(selector);
    this.flagged = [pick("#flagged rect"), pick(".reach")];
    this.passed = [pick("#passed rect")];
    this.cursor = pick(".cursor");
    this.anchor = pick(".anchor");
    this.dots = [...this.svg.querySelectorAll(".dot")];
    this.svg.setAttribute("height", this.bottom);
    const names = lines.map((key) => table.metrics.find((metric) => metric.key === key)?.label ?? key);
    this.svg.setAttribute("aria-label", `${names.join(", ")} at every threshold, above the scores of both classes`);
    this.tickRow.replaceChildren(...ticks.map(({ place, text }) => element("span", { style: `left:${this.x(place)}px` }, text)));
    put(this.axis, scale.name === "score" ? "Score threshold" : "Share of rows flagged, highest scores first");
    this.slider.max = scale.last;
    this.slider.disabled = scale.rows.length < 2;
    this.slider.dataset.scale = scale.name;
    this.slider.style.left = `${LEFT - THUMB / 2}px`;
    this.slider.style.width = `${this.width + THUMB}px`;
  }

  upright(name, from, to, x) {
    return shape("line", { class: name, x1: x, x2: x, y1: from, y2: to });
  }

  curve(key) {
    const { steps, last } = this.scale, values = this.table.columns[key];
    let d = "", pen = "M";
    steps.forEach((row, i) => {
      const value = values[row];
      if (value !== null) d += `${pen}${this.x(i / Math.max(1, last)).toFixed(1)} ${this.y(value).toFixed(1)}`;
      pen = value === null ? "M" : "L"; // undefined is a gap, not a zero
    });
    return shape("path", { d, class: "curve", "data-line": key, "stroke-dasharray": DASHES[key] });
  }

  // Positives above a base line, negatives below; each side of the cursor in the colour of its outcome.
  bars() {
    const { base } = this, { edges, pos_height, neg_height } = this.table.histogram[this.scale.name];
    const ends = edges.map((edge) => this.x(this.scale.placeOfScore(edge)));
    const outline = (heights, way) => heights.map((height, i) => {
      const [from, to] = [ends[i], ends[i + 1]].sort((a, b) => a - b).map((x) => x.toFixed(1));
      const end = (base + way * (2 + height * (STRIP / 2 - 3))).toFixed(1);
      return height > 0 && from !== to ? `M${from} ${base}V${end}H${to}V${base}Z` : "";
    }).join("");
    const above = outline(pos_height, -1), below = outline(neg_height, 1);
    return [["flagged", "tp", above], ["passed", "fn", above], ["flagged", "fp", below], ["passed", "tn", below]].map(
      ([side, outcome, d]) => shape("path", { d, class: `bars ${outcome}`, "clip-path": `url(#${side})` }),
    );
  }

  caption({ pos, neg }) {
    const clipped = (label) => (label.length > 22 ? `${label.slice(0, 21)}…` : label);
    const text = `Scores of ${clipped(pos)} above and ${clipped(neg)} below the line, each on its own scale`;
    return text.length * 5.6 > this.width ? "Scores by class, each on its own scale" : text;
  }

  // Every frame: the cursor, its label, a dot on each curve and the colours of the strip.
  move(row, committed, label) {
    const x = this.x(this.scale.place(row)), left = [LEFT, x], right = [x, this.x(1)];
    const [flagged, passed] = this.scale.name === "score" ? [right, left] : [left, right];
    for (const [rects, [from, to]] of [[this.flagged, flagged], [this.passed, passed]]) {
      for (const rect of rects) {
        rect.setAttribute("x", from);
        rect.setAttribute("width", Math.max(0, to - from));
      }
    }
    for (const [line, at] of [[this.cursor, x], [this.anchor, committed < 0 ? x : this.x(this.scale.place(committed))]]) {
      line.setAttribute("x1", at);
      line.setAttribute("x2", at);
    }
    for (const dot of this.dots) {
      const value = this.table.columns[dot.dataset.line][row];
      dot.setAttribute("visibility", value === null ? "hidden" : "visible");
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", this.y(value));
    }
    put(this.flag, label);
    this.flag.style.left = `${x}px`;
    this.slider.style.setProperty("--at", `${x - LEFT + THUMB / 2}px`);
    this.slider.value = this.scale.step(row);
  }
}
