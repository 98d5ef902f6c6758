// Saves a figure of the page as a picture. Plotly draws it as layers of SVG; they are put into one file with a ground
// and a title. A PNG is that file painted at twice the size of the screen.

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 40;
const MARGIN = 12;
const SCALE = 2;

function element(name, attributes, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
}

function drawn(data) {
  const layers = [...document.querySelectorAll(`.${data.chart} svg.main-svg`)];
  if (!layers.length) return null;
  const { width, height } = layers[0].getBoundingClientRect();
  const [wide, tall] = [Math.round(width) + 2 * MARGIN, Math.round(height) + HEAD + MARGIN];
  const out = element("svg", { xmlns: SVG, width: wide, height: tall, viewBox: `0 0 ${wide} ${tall}` });
  out.append(element("title", {}, data.title));
  out.append(element("rect", { width: wide, height: tall, fill: data.ground }));
  const family = getComputedStyle(layers[0]).fontFamily || "sans-serif";
  out.append(element("text", { x: MARGIN, y: 26, fill: data.ink, "font-family": family, "font-size": 16, "font-weight": 600 }, data.title));
  for (const layer of layers) {
    const copy = layer.cloneNode(true);
    copy.removeAttribute("style");
    copy.setAttribute("overflow", "visible"); // another font may be wider than the page's
    for (const [key, value] of Object.entries({ x: MARGIN, y: HEAD, width, height })) copy.setAttribute(key, value);
    for (const passing of copy.querySelectorAll(".hoverlayer > *, .zoomlayer > *")) passing.remove();
    out.append(copy);
  }
  return { text: new XMLSerializer().serializeToString(out), wide, tall };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function painted({ text, wide, tall }) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SCALE * wide, SCALE * tall];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

export default function ({ data, parentElement }) {
  const said = parentElement.querySelector("[data-role=said]");
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = async () => {
      const figure = drawn(data);
      said.textContent = figure ? "" : "The figure is not drawn yet.";
      if (!figure) return;
      const form = button.dataset.form;
      try {
        const blob = form === "svg" ? new Blob([figure.text], { type: "image/svg+xml" }) : await painted(figure);
        save(blob, `${data.name}.${form}`);
      } catch (error) {
        said.textContent = `The picture could not be made: ${error.message || error}`;
      }
    };
  }
}
