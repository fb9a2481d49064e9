/** When each class and each text is in the picture: a lane a class, a bar a text, on a canvas. */

import { el, setText } from "../core/dom.js";
import { clock } from "../core/format.js";
import { barAt, packed } from "./bars.js";

const RULER = 20;
const BAR = 16;
const GAP = 2;
const LANE_GAP = 8;
const MIN_LABEL = 28;
const MAX_ZOOM = 512;
const TICK_PIXELS = 90;
const TICKS_MS = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5];
const GREY = "#868d98";

/** classes, entries: the summary's; onSeek(ms, entry or null). */
export function createTimeline({ classes, entries, durationMs, colourOf, onSeek }) {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const playhead = el("div.playhead");
  const tip = el("div.tip", { hidden: true });
  const names = el("div.lanes");
  const track = el("div.track", {}, canvas, playhead, tip);
  const zoomOut = el("button.icon", { type: "button", "aria-label": "Zoom out" }, "−");
  const zoomIn = el("button.icon", { type: "button", "aria-label": "Zoom in" }, "+");
  const root = el("section.timeline", { "aria-labelledby": "timeline-title" },
    el("div.head", {}, el("h2", { id: "timeline-title" }, "Timeline"), zoomOut, zoomIn),
    el("div.body", {}, names, track));
  const full = Math.max(durationMs, 1);
  let view = { from: 0, to: full };
  let [now, zoom, lanes] = [0, 1, []];

  const xOf = (ms) => ((ms - view.from) / (view.to - view.from)) * track.clientWidth;
  const msAt = (x) => view.from + (x / track.clientWidth) * (view.to - view.from);
  const barUnder = (event) => barAt(lanes, msAt(event.offsetX), event.offsetY, {
    barHeight: BAR + GAP, slackMs: (3 * (view.to - view.from)) / track.clientWidth,
  });

  function arrange(hidden) {
    let top = RULER;
    lanes = Object.entries(classes).filter(([name]) => !hidden.has(name)).map(([name, extent]) => {
      const rows = packed(entries.filter((entry) => entry.class_name === name));
      const lane = { name, extent, rows, top };
      top += Math.max(1, rows.length) * (BAR + GAP) + LANE_GAP;
      return lane;
    });
    canvas.style.height = `${top}px`;
    names.replaceChildren(...lanes.map((lane) => {
      const label = el("div.lane", {}, lane.name);
      label.style.top = `${lane.top}px`;
      return label;
    }));
    draw();
  }
  function draw() {
    paint(canvas, { lanes, view, xOf, colourOf });
    movePlayhead();
  }
  function movePlayhead() {
    playhead.hidden = now < view.from || now > view.to;
    playhead.style.transform = `translateX(${xOf(now)}px)`;
  }
  function look(centre) {
    const width = full / zoom;
    const from = Math.min(Math.max(0, centre - width / 2), full - width);
    view = { from, to: from + width };
    zoomOut.disabled = zoom === 1;
    zoomIn.disabled = zoom >= MAX_ZOOM || width < 4000;
    draw();
  }
  zoomIn.addEventListener("click", () => ((zoom *= 2), look(now)));
  zoomOut.addEventListener("click", () => ((zoom = Math.max(1, zoom / 2)), look(now)));
  track.addEventListener("pointermove", (event) => showTip(tip, barUnder(event), event, track));
  track.addEventListener("pointerleave", () => (tip.hidden = true));
  track.addEventListener("click", (event) => {
    const entry = barUnder(event);
    onSeek(entry ? entry.first_ms : msAt(event.offsetX), entry);
  });
  new ResizeObserver(() => look((view.from + view.to) / 2)).observe(track);
  arrange(new Set());
  return {
    root,
    hideClasses: arrange,
    setNow(ms) {
      now = ms;
      if (zoom > 1 && (ms < view.from || ms > view.to)) look(ms + (view.to - view.from) / 2.2);
      movePlayhead();
    },
  };
}

function showTip(tip, entry, event, track) {
  tip.hidden = !entry;
  if (!entry) return;
  setText(tip, `${entry.text}  ${clock(entry.first_ms)} – ${clock(entry.last_ms)}`);
  const x = Math.min(event.offsetX + 12, track.clientWidth - tip.offsetWidth - 4);
  tip.style.transform = `translate(${Math.max(0, x)}px, ${event.offsetY + 16}px)`;
}

function paint(canvas, { lanes, view, xOf, colourOf }) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  paintRuler(pen, { width, height, view, xOf });
  for (const lane of lanes) paintLane(pen, lane, { view, xOf, colour: colourOf(lane.name) });
}

function paintRuler(pen, { width, height, view, xOf }) {
  const wished = ((view.to - view.from) / width) * TICK_PIXELS;
  const step = TICKS_MS.find((each) => each >= wished) ?? TICKS_MS.at(-1);
  pen.fillStyle = GREY;
  for (let ms = Math.ceil(view.from / step) * step; ms <= view.to; ms += step) {
    const x = xOf(ms);
    pen.globalAlpha = 0.25;
    pen.fillRect(Math.round(x), RULER - 4, 1, height);
    pen.globalAlpha = 1;
    if (x < width - 30) pen.fillText(clock(ms, { tenths: step < 1000 }), x + 3, RULER / 2);
  }
}

function paintLane(pen, { rows, extent, top }, { view, xOf, colour }) {
  pen.fillStyle = colour;
  pen.globalAlpha = 0.28;
  const from = xOf(extent.first_ms);
  const rowsHeight = Math.max(1, rows.length) * (BAR + GAP) - GAP;
  pen.fillRect(from, top, Math.max(2, xOf(extent.last_ms) - from), rowsHeight);
  pen.globalAlpha = 1;
  rows.forEach((row, place) => {
    for (const entry of row) {
      if (entry.last_ms < view.from || entry.first_ms > view.to) continue;
      paintBar(pen, entry, { xOf, y: top + place * (BAR + GAP), colour });
    }
  });
}

function paintBar(pen, entry, { xOf, y, colour }) {
  const x = xOf(entry.first_ms);
  const width = Math.max(2, xOf(entry.last_ms) - x - 1);
  pen.fillStyle = colour;
  pen.fillRect(x, y, width, BAR);
  const left = Math.max(x, 0);
  if (width - (left - x) < MIN_LABEL) return;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, width - 3, BAR);
  pen.clip();
  pen.fillStyle = "#10131a";
  pen.fillText(entry.text, left + 4, y + BAR / 2 + 0.5);
  pen.restore();
}
