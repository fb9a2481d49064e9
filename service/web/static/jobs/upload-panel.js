/** Where videos are dropped or chosen, with the options of their analysis, and what is on its way. */

import { pipelines, send } from "../core/api.js";
import { el, patchChildren, setAttribute, setText } from "../core/dom.js";
import { bytes, duration, percent } from "../core/format.js";
import { jobLink } from "../core/router.js";
import { again, cancel, onUploads, submit, uploads } from "./upload.js";

// Five frames a second: a caption stays for longer, and two cores are done in a minute.
const SAMPLE_STRIDE = 5;
const STRIDES = [
  [1, "Every frame"], [2, "Every 2nd frame"], [5, "Every 5th frame"], [10, "Every 10th frame"],
  [25, "Every 25th frame"], [50, "Every 50th frame"], [100, "Every 100th frame"],
];
// Whose plates' formats tell O from 0; as config/regions.py has them.
const ANYWHERE = "auto";
const REGIONS = ("ar at au be bg br ca ch cz de dk ee es fi fr gb gr hr hu ie " +
  "in it lt lu lv mx nl no pl pt ro rs se si sk tr us za").split(" ");

export function uploadPanel(signal) {
  const pipeline = el("select", { id: "pipeline", "aria-describedby": "pipeline-help" });
  const help = el("p.note", { id: "pipeline-help" });
  const stride = el("select", { id: "stride" },
    STRIDES.map(([value, label]) => el("option", { value, selected: value === 5 }, label)));
  const region = el("select", { id: "region" }, regionOptions());
  const chosen = el("input.hidden", {
    id: "file", type: "file", accept: "video/mp4,.mp4,.m4v,.mov", multiple: true,
    onchange: () => (take(chosen.files), (chosen.value = "")),
  });
  const list = el("ul.uploads", { "aria-label": "Uploads" });
  const panel = el("section.upload", { "aria-labelledby": "upload-title" },
    el("h2.hidden", { id: "upload-title" }, "Submit a video"),
    el("div.drop", { id: "drop" },
      el("p", {}, el("strong", {}, "Drop videos here"), " or ",
        chosen, el("label.button.primary", { for: "file" }, "Choose videos"))),
    el("div.options", {},
      el("div", {}, el("label", { for: "pipeline" }, "Pipeline"), pipeline),
      el("div", {}, el("label", { for: "stride" }, "Analyse"), stride),
      el("div", {}, el("label", { for: "region" }, "Plates of"), region),
      help),
    list);

  function take(files) {
    for (const file of files) {
      submit(file, {
        pipeline_id: pipeline.value, frame_stride: stride.value, region: region.value,
      });
    }
  }
  fill(pipeline, help, signal).catch((problem) => setText(help, problem.message));
  acceptDrops(panel.querySelector("#drop"), take, signal);
  onUploads((all) => patchChildren(list, all, ROWS), signal);
  patchChildren(list, uploads, ROWS);
  return panel;
}

/** Submits the sample video and shows its job. */
export async function submitSample(button) {
  button.disabled = true;
  try {
    const body = await (await send(button.dataset.sample)).blob();
    const file = new File([body], "sample.mp4", { type: "video/mp4" });
    const jobId = await submit(file, { frame_stride: SAMPLE_STRIDE });
    if (jobId) location.hash = jobLink(jobId);
  } finally {
    button.disabled = false;
  }
}

function regionOptions() {
  const names = new Intl.DisplayNames(["en"], { type: "region" });
  const named = REGIONS.map((code) => [code, names.of(code.toUpperCase())]);
  named.sort(([, one], [, other]) => one.localeCompare(other, "en"));
  return [[ANYWHERE, "any country"], ...named].map(([value, label]) => el("option", { value }, label));
}

async function fill(select, help, signal) {
  const all = await pipelines();
  if (signal.aborted) return;
  select.append(...all.map((each) => el(
    "option", { value: each.pipeline_id, selected: each.default }, each.pipeline_id)));
  const describe = () => setText(
    help, all.find((each) => each.pipeline_id === select.value)?.description ?? "");
  select.addEventListener("change", describe);
  describe();
}

// Dropped beside the field, a video would be opened by the browser, and the page be gone.
function acceptDrops(field, take, signal) {
  const isOver = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!isOver(event)) return;
    event.preventDefault();
    field.classList.add("over");
  }, { signal });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) field.classList.remove("over");
  }, { signal });
  addEventListener("drop", (event) => {
    event.preventDefault();
    field.classList.remove("over");
    take(event.dataTransfer.files);
  }, { signal });
}

const ROWS = {
  key: (upload) => upload.id,
  create: (upload) => el("li.sending", {},
    el("span.name", { title: upload.file.name }, upload.file.name),
    el("progress", { max: 1, "aria-label": `Upload of ${upload.file.name}` }),
    el("span.figures"),
    el("span.buttons", {},
      el("button.again", { type: "button", onclick: () => again(upload) }, "Try again"),
      el("button", { type: "button", onclick: () => cancel(upload) }, "Cancel"))),
  update: (row, upload) => {
    const [, bar, figures, buttons] = row.children;
    const share = upload.file.size ? upload.sent / upload.file.size : 0;
    row.classList.toggle("failed", upload.state === "failed");
    setAttribute(bar, "value", upload.state === "failed" ? 0 : share);
    setText(figures, figuresOf(upload, share));
    buttons.firstChild.hidden = upload.state !== "failed";
    setText(buttons.lastChild, upload.state === "failed" ? "Dismiss" : "Cancel");
  },
};

function figuresOf({ state, file, sent, speed, problem }, share) {
  if (state === "failed") return problem.message;
  if (state === "waiting") return `${bytes(file.size)}, waiting for its turn`;
  if (share === 1) return "Being stored…";
  const left = speed ? ` · ${duration((file.size - sent) / speed)} left` : "";
  return `${percent(share)} of ${bytes(file.size)} · ${bytes(speed)}/s${left}`;
}
