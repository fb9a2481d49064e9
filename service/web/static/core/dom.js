/** Elements from plain values. Text becomes text nodes: nothing here, or above it, parses HTML. */

/**
 * el("button.primary", { type: "button", onclick }, "Send"): a tag with classes, then attributes
 * (functions are listeners; false, but for aria-…, null and undefined leave one out), then children, of
 * which false, null and undefined are left out.
 */
export function el(tag, attributes = {}, ...children) {
  return build(document.createElement(tag.split(".", 1)[0]), tag, attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag.split(".", 1)[0]);
  return build(node, tag, attributes, children);
}

function build(node, tag, attributes, children) {
  const classes = tag.split(".").slice(1);
  if (classes.length) node.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

/** Only what differs is written, so that nothing flickers and no live region speaks again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (value === null || value === undefined) node.removeAttribute(name);
  else if (value === false && !name.startsWith("aria-")) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : value);
  }
}

/** Makes the container's children those of the keys, in order; nodes of known keys stay. */
export function patchChildren(container, items, { key, create, update }) {
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, place) => {
    const name = key(item);
    const node = known.get(name) ?? create(item);
    known.delete(name);
    node.dataset.key = name;
    update(node, item);
    if (container.children[place] !== node) {
      container.insertBefore(node, container.children[place] ?? null);
    }
  });
  for (const node of known.values()) node.remove();
}

/** Says something to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
