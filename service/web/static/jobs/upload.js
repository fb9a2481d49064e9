/** Uploads: one at a time, in order, for as long as the page is open, whatever view is shown. */

import { askForToken, sessionsBegun } from "../core/session.js";
import { wake } from "../core/poll.js";
import { announce } from "../core/dom.js";

const SPEED_SECONDS = 3;
const FTYP_AT = [4, 8];

/** { id, file, options, state: waiting|sending|failed, sent, speed, problem } */
export const uploads = [];

const listeners = new Set();
let lastId = 0;

/** Calls listener whenever an upload changes, until the signal aborts. */
export function onUploads(listener, signal) {
  listeners.add(listener);
  signal.addEventListener("abort", () => listeners.delete(listener));
}

/** Resolves to the job's id, or to null when the upload was cancelled or given up. */
export function submit(file, options) {
  return new Promise((resolve) => {
    uploads.push({
      id: String(++lastId), file, options, resolve,
      key: newKey(), state: "waiting", sent: 0, speed: 0, problem: null,
    });
    changed();
    next();
  });
}

export function cancel(upload) {
  upload.request?.abort();
  finish(upload, null);
  announce(`Upload of ${upload.file.name} cancelled.`);
}

export function again(upload) {
  Object.assign(upload, { state: "waiting", sent: 0, speed: 0, problem: null });
  changed();
  next();
}

async function next() {
  if (uploads.some((each) => each.state === "sending")) return;
  const upload = uploads.find((each) => each.state === "waiting");
  if (!upload) return;
  upload.state = "sending";
  try {
    await requireMp4(upload.file);
    const jobId = await post(upload);
    announce(`${upload.file.name} is submitted.`);
    finish(upload, jobId);
  } catch (problem) {
    upload.state = "failed";
    upload.problem = problem;
    announce(`Upload of ${upload.file.name} failed. ${problem.message}`);
  }
  changed();
  next();
}

function finish(upload, jobId) {
  const place = uploads.indexOf(upload);
  if (place >= 0) uploads.splice(place, 1);
  upload.resolve(jobId);
  changed();
  if (jobId) wake();
}

function changed() {
  for (const listener of listeners) listener(uploads);
}

// The server would say so too, but only after a part of the upload.
async function requireMp4(file) {
  const brand = await file.slice(...FTYP_AT).text();
  if (brand !== "ftyp") throw new Error("This is no MP4 video. Convert it to MP4 first.");
}

function post(upload) {
  const before = sessionsBegun();
  const request = new XMLHttpRequest();
  upload.request = request;
  request.open("POST", `/v1/video/submit?${new URLSearchParams(upload.options)}`);
  // Sent again after a lost connection, the same video gives the same job.
  request.setRequestHeader("Idempotency-Key", upload.key);
  const speedOf = speedometer();
  request.upload.addEventListener("progress", (event) => {
    upload.sent = Math.min(event.loaded, upload.file.size);
    upload.speed = speedOf(upload.sent);
    changed();
  });
  const form = new FormData();
  form.append("file", upload.file);
  return new Promise((resolve, reject) => {
    request.addEventListener("load", async () => {
      const answer = parsed(request.responseText);
      if (request.status === 202) resolve(answer.job_id);
      else if (request.status === 401 && (await askForToken(before))) {
        post(upload).then(resolve, reject);
      } else reject(new Error(answer.detail || answer.title || "The server refused the video."));
    });
    request.addEventListener("error", () => reject(new Error("The connection was lost.")));
    request.send(form);
  });
}

/** Bytes a second over the last few seconds. */
function speedometer() {
  const readings = [[performance.now(), 0]];
  return (sent) => {
    const now = performance.now();
    readings.push([now, sent]);
    while (readings.length > 2 && now - readings[0][0] > SPEED_SECONDS * 1000) readings.shift();
    const [since, before] = readings[0];
    return now > since ? ((sent - before) / (now - since)) * 1000 : 0;
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

// crypto.randomUUID is there on HTTPS and on localhost alone.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");
}

addEventListener("beforeunload", (event) => {
  if (uploads.some((each) => each.state !== "failed")) event.preventDefault();
});
