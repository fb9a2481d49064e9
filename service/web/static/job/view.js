/** One job: its heading, and below it what its status calls for. */

import * as api from "../core/api.js";
import { announce, el, setAttribute, setText } from "../core/dom.js";
import { confirm } from "../core/dialogs.js";
import { nameOf } from "../core/format.js";
import { repeat } from "../core/poll.js";
import { setTitle } from "../core/router.js";
import { showFailure, showProgress } from "./unfinished.js";
import { showResults } from "./results.js";

// A new status is answered at once; in between, this is how old the count of frames may be.
const WAIT_SECONDS = 2;
const BODIES = {
  pending: showProgress, running: showProgress, completed: showResults, failed: showFailure,
};

export async function showJob(main, { id, t }, signal) {
  setTitle("Video");
  const view = build();
  main.append(view.root);
  let [shown, update, status] = [null, null, null];
  try {
    await repeat(signal, async () => {
      const job = await api.job(id, { signal, waitSeconds: status ? WAIT_SECONDS : 0 });
      head(view, job);
      if (status && status !== job.status) announce(`${nameOf(job)}: ${job.status}.`);
      status = job.status;
      if (shown !== BODIES[status]) {
        shown = BODIES[status];
        view.body.replaceChildren();
        update = await shown(view.body, job, { signal, startMs: Number(t) || 0 });
      }
      update?.(job);
      return shown === showProgress ? 0 : null;
    });
  } catch (problem) {
    gone(view, problem);
  }
}

function build() {
  const name = el("h1", {}, "…");
  const badge = el("span.status");
  const remove = el("button.danger-quiet", { type: "button", hidden: true }, "Delete");
  const body = el("div.job-body");
  const root = el("div.page.job", {},
    el("p.crumbs", {}, el("a", { href: "#/" }, "Videos")),
    el("div.job-head", {}, name, badge, el("span.downloads"), remove),
    body);
  return { root, name, badge, remove, body };
}

function head(view, job) {
  const name = nameOf(job);
  setTitle(name);
  setText(view.name, name);
  setAttribute(view.badge, "class", `status ${job.status}`);
  setText(view.badge, job.status);
  view.remove.hidden = false;
  view.remove.onclick = () => remove(job);
}

async function remove(job) {
  const isRunning = job.status === "running" || job.status === "pending";
  const sure = await confirm({
    title: "Delete this video?",
    text: `“${nameOf(job)}”, its results and its texts are removed from the server for good.`
      + (isRunning ? " Its analysis is cancelled." : ""),
    yes: "Delete",
  });
  if (!sure) return;
  try {
    await api.remove(job.job_id);
  } catch (problem) {
    if (problem.status !== 404) return announce(`It could not be deleted. ${problem.message}`);
  }
  announce(`${nameOf(job)} is deleted.`);
  location.hash = "#/";
}

function gone(view, problem) {
  const isGone = problem.status === 404;
  setText(view.name, isGone ? "No such video" : "This video cannot be shown");
  view.badge.className = "hidden";
  view.remove.hidden = isGone;
  view.body.replaceChildren(
    el("p.problem", { role: "alert" },
      isGone ? "There is no such video, or it was deleted." : problem.message),
    el("p", {}, el("a", { href: "#/" }, "All videos")));
}
