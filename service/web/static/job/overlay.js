/** The boxes of one analysed frame, and what was read in them, over the video. */

import { setAttribute, setText, svg } from "../core/dom.js";
import { placeLabels } from "./labels.js";

const FONT = "600 12px system-ui, sans-serif";
const HEIGHT = 18;
const PADDING = 5;
const MAX_CHARACTERS = 48;

/** source: { width, height } of the video in its own pixels; colourOf: from class to colour. */
export function createOverlay({ source, colourOf }) {
  const root = svg("svg.overlay", { "aria-hidden": "true" });
  const widthOf = textWidths();
  let [frame, hidden, marked] = [null, new Set(), null];
  let isOn = true;

  function draw() {
    const stage = { width: root.clientWidth, height: root.clientHeight };
    const shown = isOn && frame ? frame.result.detections.filter((each) => !hidden.has(each.class_name)) : [];
    const boxes = shown.map((each) => scaled(each.bbox, stage.width / source.width, stage.height / source.height));
    const names = shown.map(labelOf);
    const sizes = names.map((name) => ({ width: widthOf(name) + 2 * PADDING, height: HEIGHT }));
    const places = placeLabels(boxes, names, sizes, stage);
    while (root.children.length < shown.length) root.append(emptyMark());
    [...root.children].forEach((mark, index) => {
      const found = shown[index];
      setAttribute(mark, "visibility", found ? "visible" : "hidden");
      if (!found) return;
      mark.classList.toggle("marked", isMarked(found, marked));
      paint(mark, boxes[index], names[index], sizes[index], places[index], colourOf(found.class_name));
    });
  }
  new ResizeObserver(draw).observe(root);
  return {
    root,
    show(next) {
      if (next === frame) return;
      frame = next;
      draw();
    },
    hideClasses(names) {
      hidden = names;
      draw();
    },
    /** Draws what belongs to an entry of the list of texts more boldly. */
    mark(entry) {
      marked = entry;
      draw();
    },
    toggle() {
      isOn = !isOn;
      draw();
      return isOn;
    },
  };
}

function labelOf(found) {
  const text = found.text || found.class_name;
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text;
}

function scaled([x1, y1, x2, y2], across, down) {
  return { x1: x1 * across, y1: y1 * down, x2: x2 * across, y2: y2 * down };
}

function isMarked(found, entry) {
  if (!entry) return false;
  if (entry.track_id !== undefined) return found.track_id === entry.track_id;
  return found.text === entry.text && found.class_name === entry.class_name;
}

function emptyMark() {
  return svg("g.mark", {},
    svg("rect.under"), svg("rect.box"),
    svg("g.label", {}, svg("rect"), svg("text", { x: PADDING, y: HEIGHT - 5 })));
}

function paint(mark, box, name, size, place, colour) {
  const [under, outline, label] = mark.children;
  for (const rect of [under, outline]) {
    setAttribute(rect, "x", box.x1);
    setAttribute(rect, "y", box.y1);
    setAttribute(rect, "width", box.x2 - box.x1);
    setAttribute(rect, "height", box.y2 - box.y1);
  }
  setAttribute(outline, "stroke", colour);
  label.setAttribute("display", place ? "inline" : "none");
  if (!place) return;
  setAttribute(label, "transform", `translate(${place.x} ${place.y})`);
  const [ground, text] = label.children;
  setAttribute(ground, "width", size.width);
  setAttribute(ground, "height", size.height);
  setAttribute(ground, "fill", colour);
  setText(text, name);
}

// Asking the page for a width would lay it out anew for each label.
function textWidths() {
  const canvas = document.createElement("canvas").getContext("2d");
  const widths = new Map();
  return (text) => {
    if (!widths.has(text)) {
      canvas.font = FONT;
      if (widths.size > 5000) widths.clear();
      widths.set(text, Math.ceil(canvas.measureText(text).width));
    }
    return widths.get(text);
  };
}
