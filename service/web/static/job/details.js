/** What is known of a job besides its results: sizes, times, options, and what made the results. */

import { el } from "../core/dom.js";
import { bytes, counted, when } from "../core/format.js";

/** job: as GET /v1/jobs/ID; provenance: the summary's, of a completed job. */
export function detailsOf(job, { video, provenance } = {}) {
  const { frame_stride: stride, max_frames: most, region } = job.options;
  const rows = [
    ["Submitted", when(job.created_at)],
    ["Changed", when(job.updated_at)],
    ["Pipeline", job.pipeline_id],
    ["Analysed", stride === 1 ? "every frame" : `one frame of ${stride}`],
    most && ["At most", counted(most, "frame")],
    region !== "auto" && ["Plates of", region],
    ["Size", bytes(job.input_bytes)],
    video && ["Picture", `${video.width} × ${video.height}`],
    video && ["Frames", `${counted(video.frames_analysed, "frame")} analysed of ${video.frames_decoded}`],
    ["Job", job.job_id],
    ["SHA-256 of the video", job.input_sha256],
    job.results_sha256 && ["SHA-256 of the results", job.results_sha256],
    ...flat(provenance ?? {}),
  ].filter(Boolean);
  return el("details.details", {},
    el("summary", {}, "Details"),
    el("dl", {}, rows.map(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]).flat()));
}

function flat(values, prefix = "") {
  return Object.entries(values).flatMap(([name, value]) =>
    value !== null && typeof value === "object"
      ? flat(value, `${prefix}${name} `)
      : [[(prefix + name).replaceAll("_", " "), value]]);
}
