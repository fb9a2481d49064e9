/** A job that has no results: it waits, is being analysed, or has failed. */

import { sourceUrl } from "../core/api.js";
import { el, setAttribute, setText } from "../core/dom.js";
import { count, counted, duration, since } from "../core/format.js";
import { failureOf } from "../jobs/failures.js";
import { detailsOf } from "./details.js";

export function showProgress(body, job) {
  const title = el("h2", {}, "");
  const bar = el("progress", { max: 1, "aria-label": "Frames analysed" });
  const text = el("p.figures");
  body.append(
    el("section.progress-panel", {},
      title, bar, text,
      el("p.note", {}, "This page keeps up by itself; you may leave it and come back.")),
    el("video.preview", { src: sourceUrl(job.job_id), controls: true, preload: "metadata", "aria-label": "The submitted video" }),
    detailsOf(job));
  const speedOf = speedometer();
  return (next) => {
    const isRunning = next.status === "running";
    setText(title, isRunning ? "Being analysed" : "Waiting for a worker");
    const share = next.frames_expected ? Math.min(1, next.frames_done / next.frames_expected) : null;
    bar.hidden = !isRunning;
    setAttribute(bar, "value", share);
    setText(text, isRunning ? framesText(next, speedOf(next)) : queueText(next));
  };
}

function queueText({ queue_position: before, created_at: created }) {
  const place = before ? `${counted(before, "video")} before it` : "Next in the queue";
  return `${place}. Submitted ${since(created)}.`;
}

function framesText({ frames_done: done, frames_expected: expected, attempt }, perSecond) {
  if (done === null || done === undefined) return "The worker has begun.";
  const of = expected ? ` of ${count(expected)}` : "";
  const left = expected && perSecond ? `, about ${duration((expected - done) / perSecond)} left` : "";
  return `${count(done)}${of} frames${left}${attempt > 1 ? ` (attempt ${attempt})` : ""}`;
}

/** Frames a second since this page has watched; 0 until that is known. */
function speedometer() {
  let first = null;
  return ({ frames_done: done }) => {
    if (done === null || done === undefined) return 0;
    const now = performance.now() / 1000;
    if (!first || done < first.done) first = { at: now, done };
    return now - first.at > 1 ? (done - first.done) / (now - first.at) : 0;
  };
}

export function showFailure(body, job) {
  const { what, help } = failureOf(job.error_code);
  body.append(
    el("section.failure", { "aria-labelledby": "failure-title" },
      el("h2", { id: "failure-title" }, what),
      el("p.help", {}, help),
      el("dl.reason", {},
        el("dt", {}, "Code"), el("dd", {}, el("code", {}, job.error_code)),
        el("dt", {}, "Message"), el("dd.message", {}, job.error_message)),
      el("p", {}, el("a.button.primary", { href: "#/" }, "Submit another video"))),
    detailsOf(job));
}
