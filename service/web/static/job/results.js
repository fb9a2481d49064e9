/** A completed job: player, boxes, timeline and texts, kept together in time. */

import * as api from "../core/api.js";
import { el } from "../core/dom.js";
import { count, counted } from "../core/format.js";
import { jobLink } from "../core/router.js";
import { colours } from "./colours.js";
import { detailsOf } from "./details.js";
import { downloads } from "./downloads.js";
import { msOf, openFrames } from "./frames.js";
import { createOverlay } from "./overlay.js";
import { createPlayer } from "./player.js";
import { createTexts } from "./texts.js";
import { createTimeline } from "./timeline.js";

const SHIPPED = new Set(["text", "plate"]);

export async function showResults(body, job, { signal, startMs }) {
  const summary = await api.summary(job.job_id, { signal });
  const { video, classes, texts } = summary;
  const colourOf = colours(Object.keys(classes));
  const frames = openFrames({
    frameCount: video.frames_decoded, durationMs: video.duration_ms,
    stride: job.options.frame_stride,
    fetchFrames: (first, last) => api.frames(job.job_id, first, last, { signal }),
  });
  // Asked for before there is anything to draw them on; who draws tells of what goes wrong.
  frames.at(startMs).catch(() => {});
  const overlay = createOverlay({ source: video, colourOf });
  const follow = follower(frames, overlay, (text) => player.describe(text));
  const player = createPlayer({
    source: { url: api.sourceUrl(job.job_id), width: video.width, height: video.height, durationMs: video.duration_ms },
    overlay: overlay.root,
    onTime: (ms) => (follow(ms), timeline.setNow(ms), list.setNow(ms)),
    onStep: async (direction) => {
      const frame = await frames.step(player.now(), direction);
      if (frame) player.seek(msOf(frame));
    },
    onBoxes: overlay.toggle,
  });
  const jump = (ms, entry) => {
    overlay.mark(entry ?? null);
    player.seek(ms);
    history.replaceState(null, "", jobLink(job.job_id, Math.round(ms)));
  };
  const timeline = createTimeline({
    classes, entries: texts, durationMs: video.duration_ms, colourOf, onSeek: jump,
  });
  const list = createTexts({
    entries: texts, durationMs: video.duration_ms, colourOf,
    onChoose: (entry) => jump(entry.first_ms, entry),
  });
  const chips = classChips(classes, colourOf, (hidden) => {
    for (const part of [overlay, timeline, list]) part.hideClasses(hidden);
  });
  body.append(
    ...notices(summary),
    el("div.work", {},
      el("div.left", {}, player.root, timeline.root),
      el("aside.right", { "aria-label": "What was found" }, chips, list.root)),
    detailsOf(job, summary));
  document.querySelector(".downloads")?.replaceWith(downloads(job.job_id));
  listenToKeys(player, list, signal);
  player.seek(startMs);
}

/** Draws the frame of a time: at once where it is here, else once it has come, if still wished. */
function follower(frames, overlay, describe) {
  let wished = null;
  const show = (frame) => {
    overlay.show(frame);
    describe(frameText(frame));
  };
  return async (ms) => {
    wished = ms;
    frames.prefetch(ms);
    const cached = frames.cached(ms);
    if (cached !== undefined) return show(cached);
    const frame = await frames.at(ms).catch(() => null);
    if (wished === ms) show(frame);
    return undefined;
  };
}

function frameText(frame) {
  if (!frame) return "";
  const { detections, error, corrupt } = frame.result;
  const trouble = error ? ", could not be read" : corrupt ? ", damaged" : "";
  return `frame ${count(frame.frame_index)} · ${counted(detections.length, "box", "boxes")}${trouble}`;
}

function classChips(classes, colourOf, onHide) {
  const hidden = new Set();
  const names = Object.keys(classes);
  const chips = names.map((name) => {
    const swatch = el("span.swatch");
    swatch.style.background = colourOf(name);
    return el("button.chip", {
      type: "button", "aria-pressed": true,
      onclick: (event) => {
        if (!hidden.delete(name)) hidden.add(name);
        event.currentTarget.setAttribute("aria-pressed", !hidden.has(name));
        onHide(hidden);
      },
    }, swatch, name, el("span.number", {}, count(classes[name].detections)));
  });
  return el("section.classes", { "aria-labelledby": "classes-title" },
    el("h2", { id: "classes-title" }, "Classes"),
    names.length ? el("div.chips", { role: "group", "aria-label": "Shown classes" }, chips)
      : el("p.none", {}, "Nothing was found in this video."),
    names.every((name) => SHIPPED.has(name)) && el("p.note", {},
      "This detector finds text and number plates; ",
      el("code", {}, "forgesyte weights add"), " brings objects."));
}

function notices({ video, texts_truncated: truncated, texts }) {
  return [
    video.truncated && "The video ends earlier than it says: what could be decoded was analysed.",
    truncated && `Only the ${count(texts.length)} texts read best are listed; the downloads have all.`,
  ].filter(Boolean).map((text) => el("p.notice", {}, text));
}

function listenToKeys(player, list, signal) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (player.handleKey(event)) return;
    if (event.key === "f" && !event.target.matches("input, select, textarea")) {
      event.preventDefault();
      list.focusFilter();
    }
  }, { signal });
}
