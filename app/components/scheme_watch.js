// Asks for another run when the page's ground has become light or dark since Python drew it.

function schemeOf(node) {
  const [red, green, blue] = getComputedStyle(node).backgroundColor.match(/[\d.]+/g).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 127 ? "light" : "dark";
}

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector("i");
  node.ontransitionend = () => {
    if (schemeOf(node) !== data.scheme) setTriggerValue("changed", schemeOf(node));
  };
}
