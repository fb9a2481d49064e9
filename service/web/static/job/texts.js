/** The texts of a video: which class, when first and last, how sure; filtered, and each a jump. */

import { el, setText } from "../core/dom.js";
import { clock, counted, percent } from "../core/format.js";
import { createVirtualList } from "./virtual-list.js";

const ROW_HEIGHT = 34;
const ORDERS = {
  time: ["By time", (a, b) => a.first_ms - b.first_ms],
  text: ["A to Z", (a, b) => a.text.localeCompare(b.text)],
  confidence: ["By confidence", (a, b) => b.confidence - a.confidence],
};

/** entries: the summary's texts; onChoose(entry). */
export function createTexts({ entries, durationMs, colourOf, onChoose }) {
  // Within a minute, whole seconds tell too little.
  const tenths = durationMs < 60_000;
  const folded = new Map(entries.map((entry) => [entry, entry.text.toLowerCase()]));
  const filter = el("input", {
    type: "search", id: "filter", placeholder: "Filter (f)", autocomplete: "off",
    spellcheck: "false", oninput: () => apply(),
  });
  const order = el("select", { "aria-label": "Order", onchange: () => apply() },
    Object.entries(ORDERS).map(([value, [label]]) => el("option", { value }, label)));
  const found = el("p.note", { role: "status" });
  const list = createVirtualList({
    label: "Texts", rowHeight: ROW_HEIGHT, onChoose, render: (entry) => row(entry, { colourOf, tenths }),
  });
  const none = el("p.none", { hidden: true });
  const root = el("section.texts", { "aria-labelledby": "texts-title" },
    el("div.head", {}, el("h2", { id: "texts-title" }, "Texts"), found),
    el("div.tools", {}, el("label.hidden", { for: "filter" }, "Filter the texts"), filter, order),
    none, list.root);
  let hidden = new Set();
  let now = "";

  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = entries
      .filter((entry) => !hidden.has(entry.class_name))
      .filter((entry) => words.every((word) => folded.get(entry).includes(word)))
      .sort(ORDERS[order.value][1]);
    list.setItems(shown);
    setText(found, shown.length === entries.length
      ? counted(entries.length, "text")
      : `${shown.length} of ${counted(entries.length, "text")}`);
    none.hidden = shown.length > 0;
    setText(none, entries.length ? "No text fits the filter." : "No text was read.");
  }
  apply();
  return {
    root,
    focusFilter: () => filter.focus(),
    hideClasses: (names) => ((hidden = names), apply()),
    /** Marks what is in the picture at a time; the list is drawn anew only where that changes. */
    setNow(ms) {
      const current = entries.filter((entry) => entry.first_ms <= ms && ms <= entry.last_ms);
      const key = current.map((entry) => `${entry.track_id}/${entry.text}`).join("\n");
      if (key === now) return;
      now = key;
      const set = new Set(current);
      list.setCurrent((entry) => set.has(entry));
    },
  };
}

function row(entry, { colourOf, tenths }) {
  const swatch = el("span.swatch");
  swatch.style.background = colourOf(entry.class_name);
  return [
    swatch,
    el("span.text", { title: entry.text, dir: "auto" }, entry.text),
    el("span.times", {}, `${clock(entry.first_ms, { tenths })} – ${clock(entry.last_ms, { tenths })}`),
    el("span.number", {}, percent(entry.confidence)),
    el("span.hidden", {}, `, ${entry.class_name}`),
  ];
}
