/** The results as files, for the programs they are for. */

import { resultsUrl } from "../core/api.js";
import { el } from "../core/dom.js";

const FORMATS = [
  ["json", "The whole document"], ["jsonl", "One frame a line"], ["csv", "One detection a row"],
  ["vtt", "Subtitles"], ["coco", "Annotations"],
];
const ENDINGS = { coco: "coco.json" };

export function downloads(jobId) {
  return el("div.menu", { role: "group", "aria-label": "Downloads" },
    el("span.note", { "aria-hidden": "true" }, "Download"),
    FORMATS.map(([format, title]) => {
      const name = `${jobId}.${ENDINGS[format] ?? format}`;
      const attributes = { href: resultsUrl(jobId, format), download: name, title };
      return el("a.button", attributes, format.toUpperCase());
    }));
}
