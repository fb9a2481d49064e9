/** The video with its controls. What cannot be played keeps its times: boxes and steps still work. */

import { el, setText } from "../core/dom.js";
import { clock } from "../core/format.js";

const JUMP_MS = 5000;
// Times are whole milliseconds: a seek to one may come before the frame it names.
const INTO_FRAME_MS = 1;
const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4];

/**
 * source: { url, width, height, durationMs }; overlay: an element drawn over the video;
 * onTime(ms): called for each frame shown; onStep(±1): a step by analysed frame is asked for;
 * onBoxes(): the boxes are to be shown or hidden, gives whether they are shown.
 */
export function createPlayer({ source, overlay, onTime, onStep, onBoxes }) {
  const video = el("video", { src: source.url, preload: "auto", playsinline: true, tabindex: -1, "aria-label": "The video" });
  const parts = controls(source);
  const trouble = el("p.unplayable", { hidden: true, role: "status" });
  const frame = el("div.frame", {}, video, overlay, trouble);
  const stage = el("div.stage", {}, frame);
  const root = el("div.player", {}, stage, parts.bar);
  stage.style.setProperty("--ratio", String(source.width / source.height));
  let lostMs = null;

  const now = () => lostMs ?? video.currentTime * 1000;
  function shown(ms) {
    parts.slider.value = ms;
    parts.slider.setAttribute("aria-valuetext", clock(ms));
    setText(parts.time, `${clock(ms, { tenths: true })} / ${clock(source.durationMs)}`);
    onTime(ms);
  }
  function seek(ms) {
    const at = Math.min(Math.max(0, ms), source.durationMs);
    if (lostMs === null) video.currentTime = (at + INTO_FRAME_MS) / 1000;
    else lostMs = at;
    shown(at);
  }
  function toggle() {
    if (lostMs === null) video.paused ? video.play().catch(() => {}) : video.pause();
  }
  const boxes = () => parts.boxes.setAttribute("aria-pressed", onBoxes());
  const actions = { toggle, boxes, by: (ms) => seek(now() + ms), step: onStep };

  watch(video, shown, () => parts.play.setAttribute("aria-label", video.paused ? "Play" : "Pause"));
  video.addEventListener("error", () => {
    lostMs = video.currentTime * 1000 || 0;
    trouble.hidden = false;
    setText(trouble, "This browser cannot play the video. Boxes and texts can still be stepped through.");
  });
  frame.addEventListener("click", toggle);
  wire(parts, actions, { video, stage, seek });
  return { root, seek, now, handleKey: (event) => handleKey(event, actions, seek, source.durationMs),
    describe: (text) => setText(parts.frame, text) };
}

function controls(source) {
  const button = (label, icon, name) =>
    el(`button.icon.${name}`, { type: "button", "aria-label": label, title: label }, icon);
  const play = el("button.icon.play", { type: "button", "aria-label": "Play" });
  const back = button("Analysed frame before (,)", "‹", "back");
  const forward = button("Analysed frame after (.)", "›", "forward");
  const boxes = el("button.boxes", { type: "button", "aria-pressed": true, title: "Show boxes (b)" }, "Boxes");
  const full = button("Full screen", "⛶", "full");
  const slider = el("input.seek", {
    type: "range", min: 0, max: source.durationMs, step: "any", value: 0, "aria-label": "Position",
  });
  const time = el("span.clock");
  const frame = el("span.frame-number");
  const speed = el("select.speed", { "aria-label": "Speed" },
    SPEEDS.map((value) => el("option", { value, selected: value === 1 }, `${value}×`)));
  const bar = el("div.controls", { role: "group", "aria-label": "Player" },
    play, back, forward, time, slider, frame, speed, boxes, full);
  return { bar, play, back, forward, boxes, full, slider, time, frame, speed };
}

function wire(parts, actions, { video, stage, seek }) {
  parts.play.addEventListener("click", actions.toggle);
  parts.back.addEventListener("click", () => actions.step(-1));
  parts.forward.addEventListener("click", () => actions.step(1));
  parts.boxes.addEventListener("click", actions.boxes);
  parts.slider.addEventListener("input", () => seek(Number(parts.slider.value)));
  parts.speed.addEventListener("change", () => (video.playbackRate = Number(parts.speed.value)));
  parts.full.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else stage.requestFullscreen?.();
  });
}

/** Tells of each frame that is shown: exactly where the browser can, else at each repaint. */
function watch(video, shown, onPlaying) {
  const exact = "requestVideoFrameCallback" in video;
  const next = () => {
    if (exact) video.requestVideoFrameCallback((_, { mediaTime }) => tell(mediaTime));
    else if (!video.paused) requestAnimationFrame(() => tell(video.currentTime));
  };
  const tell = (seconds) => {
    if (!video.isConnected) return;
    // A seek that is under way has said already where it goes.
    if (!video.seeking) shown(seconds * 1000);
    next();
  };
  video.addEventListener("play", () => (onPlaying(), exact || next()));
  video.addEventListener("pause", onPlaying);
  video.addEventListener("seeked", () => shown(video.currentTime * 1000));
  if (exact) next();
}

/** Whether the key was one of the player's. */
function handleKey(event, actions, seek, durationMs) {
  const keys = {
    " ": actions.toggle, k: actions.toggle, b: actions.boxes,
    ArrowLeft: () => actions.by(-JUMP_MS), ArrowRight: () => actions.by(JUMP_MS),
    ",": () => actions.step(-1), ".": () => actions.step(1),
    Home: () => seek(0), End: () => seek(durationMs),
  };
  const action = keys[event.key];
  if (!action || isFor(event.target, event.key)) return false;
  event.preventDefault();
  action();
  return true;
}

function isFor(target, key) {
  if (target.matches(".seek")) return false;
  if (target.matches("input, select, textarea, [role=listbox]")) return true;
  return key === " " && target.matches("button, a, summary");
}
