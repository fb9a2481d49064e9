/** The first view: submit videos, and the jobs, newest first. */

import * as api from "../core/api.js";
import { announce, el, patchChildren, setAttribute, setText } from "../core/dom.js";
import { bytes, nameOf, percent, since, when } from "../core/format.js";
import { repeat, woken } from "../core/poll.js";
import { jobLink, setTitle } from "../core/router.js";
import { failureOf } from "./failures.js";
import { submitSample, uploadPanel } from "./upload-panel.js";

const STATUSES = [
  ["", "All"], ["pending", "Pending"], ["running", "Running"], ["completed", "Completed"],
  ["failed", "Failed"],
];
const ACTIVE = new Set(["pending", "running"]);
// A status that changes is answered at once; in between, this is how old a frame count may be.
const WAIT_SECONDS = 3;
// Where nothing is under way, somebody else's next video is all that can change.
const IDLE_SECONDS = [4, 8, 15, 30];
const MAX_DETAILS = 4;
const SAMPLE = new URL("../sample.mp4", import.meta.url).pathname;

export function showJobs(main, _, signal) {
  setTitle("");
  const view = build(signal);
  main.append(view.root);
  let asked = { status: "", cursor: undefined };
  const earlier = [];
  let polling = null;

  function ask(next) {
    asked = next;
    polling?.abort();
    polling = new AbortController();
    signal.addEventListener("abort", () => polling.abort());
    view.filters.forEach((each) => setAttribute(each, "aria-pressed", each.value === next.status));
    poll(view, asked, polling.signal);
  }
  view.filters.forEach((each) => each.addEventListener("click", () => {
    earlier.length = 0;
    ask({ status: each.value });
  }));
  view.older.addEventListener("click", () => {
    earlier.push(asked.cursor);
    ask({ ...asked, cursor: view.older.dataset.cursor });
  });
  view.newer.addEventListener("click", () => ask({ ...asked, cursor: earlier.pop() }));
  ask(asked);
}

async function poll(view, asked, signal) {
  const known = new Map();
  let idle = 0;
  try {
    await repeat(signal, async () => {
      const page = await api.jobs(asked, { signal });
      const running = page.items.filter((job) => job.status === "running").slice(0, MAX_DETAILS);
      const details = await Promise.all(running.map((job) => detailsOf(job, signal)));
      const framesOf = new Map(details.map((job) => [job.job_id, job]));
      show(view, page, framesOf, asked);
      tellChanges(known, page.items);
      const active = running[0] ?? page.items.findLast((job) => ACTIVE.has(job.status));
      if (!active) return IDLE_SECONDS[Math.min(idle++, IDLE_SECONDS.length - 1)];
      idle = 0;
      await Promise.race([waitForChange(active, signal), woken()]);
      return 0;
    });
  } catch (problem) {
    view.problem.hidden = false;
    setText(view.problem, problem.message);
  }
}

// Between the list and this request the job may have been deleted.
async function detailsOf(job, signal) {
  return api.job(job.job_id, { signal }).catch((problem) => orGone(problem, job));
}

async function waitForChange(job, signal) {
  const options = { signal, waitSeconds: WAIT_SECONDS };
  return api.job(job.job_id, options).catch((problem) => orGone(problem, job));
}

function orGone(problem, job) {
  if (problem.status === 404) return job;
  throw problem;
}

function show(view, page, details, { status, cursor }) {
  const isEmpty = page.items.length === 0;
  view.problem.hidden = true;
  view.empty.hidden = !(isEmpty && !status && !cursor);
  view.none.hidden = !(isEmpty && (status || cursor));
  view.table.hidden = isEmpty;
  view.toolbar.hidden = !view.empty.hidden;
  view.older.hidden = !page.next_cursor;
  view.older.dataset.cursor = page.next_cursor ?? "";
  view.newer.hidden = !cursor;
  patchChildren(view.rows, page.items.map((job) => details.get(job.job_id) ?? job), ROWS);
}

function tellChanges(known, jobs) {
  const ended = jobs.filter((job) => !ACTIVE.has(job.status) && ACTIVE.has(known.get(job.job_id)));
  if (ended.length) announce(ended.map((job) => `${nameOf(job)}: ${job.status}.`).join(" "));
  for (const job of jobs) known.set(job.job_id, job.status);
}

const ROWS = {
  key: (job) => job.job_id,
  create: (job) => el("tr", {},
    el("td.video", {}, el("a", { href: jobLink(job.job_id) }, nameOf(job)), el("span.why"),
      el("span.sub")),
    el("td", {}, el("span.status"), el("progress.thin", { max: 1, "aria-label": "Frames analysed" })),
    el("td.wide", {}, job.pipeline_id),
    el("td.wide.number", {}, bytes(job.input_bytes)),
    el("td.wide.number", {}, el("time", { datetime: job.created_at, title: when(job.created_at) }))),
  update: (row, job) => {
    const [video, state, , , created] = row.children;
    const share = job.frames_expected ? job.frames_done / job.frames_expected : null;
    setText(video.children[1], job.status === "failed" ? failureOf(job.error_code).what : "");
    setText(video.lastChild, `${since(job.created_at)} · ${bytes(job.input_bytes)}`);
    const [badge, bar] = state.children;
    setAttribute(badge, "class", `status ${job.status}`);
    setText(badge, job.status === "running" && share ? `running ${percent(share)}` : job.status);
    bar.hidden = job.status !== "running";
    setAttribute(bar, "value", share);
    setText(created.firstChild, since(job.created_at));
  },
};

function build(signal) {
  const filters = STATUSES.map(([value, label]) =>
    el("button", { type: "button", value, "aria-pressed": value === "" }, label));
  const rows = el("tbody");
  const older = el("button", { type: "button", hidden: true }, "Older");
  const newer = el("button", { type: "button", hidden: true }, "Newer");
  const sample = (text, kind) => el(kind, {
    type: "button", "data-sample": SAMPLE,
    onclick: (event) => submitSample(event.currentTarget),
  }, text);
  const toolbar = el("div.toolbar", { hidden: true },
    el("div.filters", { role: "group", "aria-label": "Filter by status" }, filters),
    sample("Try the sample video", "button.link"));
  const empty = emptyState(sample("Analyse the sample video", "button.primary"));
  const none = el("p.none", { hidden: true }, "No videos here.");
  const problem = el("p.problem", { role: "alert", hidden: true });
  const table = el("table.jobs", { hidden: true },
    el("caption.hidden", {}, "Submitted videos, newest first"),
    el("thead", {}, el("tr", {},
      el("th", { scope: "col" }, "Video"), el("th", { scope: "col" }, "Status"),
      el("th.wide", { scope: "col" }, "Pipeline"), el("th.wide.number", { scope: "col" }, "Size"),
      el("th.wide.number", { scope: "col" }, "Submitted"))),
    rows);
  const root = el("div.page", {},
    el("h1", {}, "Videos"), uploadPanel(signal), problem, empty, toolbar, none, table,
    el("div.pages", {}, newer, older));
  return { root, filters, rows, older, newer, toolbar, empty, none, problem, table };
}

function emptyState(sample) {
  return el("section.empty", { hidden: true, "aria-labelledby": "empty-title" },
    el("h2", { id: "empty-title" }, "No videos yet"),
    el("p", {}, "Submit an MP4, and see frame by frame where text and number plates are and what they say."),
    el("ol", {},
      el("li", {}, el("strong", {}, "Submit."), " Drop a video above. Nothing leaves this server."),
      el("li", {}, el("strong", {}, "Wait."), " A worker takes one video after the other; this page keeps up by itself."),
      el("li", {}, el("strong", {}, "Look."), " Boxes over the video, a timeline, every text to jump to, and the data to download.")),
    el("p", {}, sample, el("span.note", {}, " Ten seconds of video, done within a minute.")));
}
