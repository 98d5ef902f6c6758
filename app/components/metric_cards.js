// Cards of metrics. Texts and positions come finished from Python; here they are only put in their places.

const MARKS = { value: "--value", low: "--low", width: "--width", baseline: "--base" };

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function show(node, card) {
  node.dataset.card = card.key;
  node.setAttribute("aria-label", card.name);
  node.setAttribute("aria-description", card.description);
  for (const [role, text] of Object.entries(card.texts)) put(node.querySelector(`[data-role=${role}]`), text);
  for (const [mark, property] of Object.entries(MARKS)) {
    const place = card.marks[mark];
    node.toggleAttribute(`data-no-${mark}`, place === null);
    if (place !== null) node.style.setProperty(property, place);
  }
}

// A definition that would leave the page at the right edge opens to the left.
function turn({ currentTarget: node }) {
  node.classList.remove("right");
  const edge = node.parentElement.getBoundingClientRect().right;
  node.classList.toggle("right", node.querySelector("[data-role=about]").getBoundingClientRect().right > edge);
}

function make(template) {
  const node = template.cloneNode(true);
  for (const event of ["pointerenter", "focus"]) node.addEventListener(event, turn);
  return node;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector("[data-role=cards]");
  const template = parentElement.querySelector("template").content.firstElementChild;
  const [wide, medium, narrow] = data.columns;
  for (const [name, n] of Object.entries({ wide, medium, narrow })) root.style.setProperty(`--${name}`, n);
  // A card that stays keeps its node, and with it the focus; its marks glide to their new places.
  const before = new Map([...root.children].map((node) => [node.dataset.card, node]));
  const nodes = data.cards.map((card) => before.get(card.key) ?? make(template));
  for (const node of before.values()) if (!nodes.includes(node)) node.remove();
  nodes.forEach((node, i) => {
    show(node, data.cards[i]);
    if (root.children[i] !== node) root.insertBefore(node, root.children[i] ?? null);
  });
}
