/** A listbox of any length: only the rows in sight are in the page. */

import { el } from "../core/dom.js";

const SPARE_ROWS = 6;

/**
 * rowHeight in pixels, as the style has it; render(item): a row's children; onChoose(item).
 * Arrow keys, Home, End, Page keys move within it, Enter and Space choose.
 */
export function createVirtualList({ label, rowHeight, render, onChoose }) {
  const space = el("div.space", { role: "presentation" });
  const root = el("div.virtual", { role: "listbox", tabindex: 0, "aria-label": label }, space);
  let items = [];
  let active = -1;
  let isCurrent = () => false;

  function draw() {
    const first = Math.max(0, Math.floor(root.scrollTop / rowHeight) - SPARE_ROWS);
    const rows = Math.ceil(root.clientHeight / rowHeight) + 2 * SPARE_ROWS;
    const shown = items.slice(first, first + rows);
    space.replaceChildren(...shown.map((item, offset) => row(item, first + offset)));
    if (items[active] && active >= first && active < first + rows) {
      root.setAttribute("aria-activedescendant", `row-${active}`);
    } else root.removeAttribute("aria-activedescendant");
  }
  function row(item, place) {
    const node = el("div.row", {
      role: "option", id: `row-${place}`, "aria-setsize": items.length, "aria-posinset": place + 1,
      "aria-selected": place === active,
      onclick: () => (activate(place), onChoose(item)),
    }, render(item));
    node.classList.toggle("current", isCurrent(item));
    node.style.transform = `translateY(${place * rowHeight}px)`;
    return node;
  }
  function activate(place) {
    active = Math.min(Math.max(0, place), items.length - 1);
    reveal(active);
    draw();
  }
  function reveal(place) {
    const top = place * rowHeight;
    if (top < root.scrollTop) root.scrollTop = top;
    const over = top + rowHeight - root.clientHeight;
    if (over > root.scrollTop) root.scrollTop = over;
  }
  function onKey(event) {
    const page = Math.max(1, Math.floor(root.clientHeight / rowHeight) - 1);
    const to = {
      ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: items.length - 1,
      PageDown: active + page, PageUp: active - page,
    }[event.key];
    if (to !== undefined) activate(to);
    else if ((event.key === "Enter" || event.key === " ") && items[active]) onChoose(items[active]);
    else return;
    event.preventDefault();
  }
  root.addEventListener("scroll", draw, { passive: true });
  root.addEventListener("keydown", onKey);
  new ResizeObserver(draw).observe(root);
  return {
    root,
    setItems(next) {
      items = next;
      active = -1;
      space.style.height = `${items.length * rowHeight}px`;
      root.scrollTop = 0;
      draw();
    },
    /** Marks the rows for which isNow(item) holds. */
    setCurrent(isNow) {
      isCurrent = isNow;
      draw();
    },
  };
}
