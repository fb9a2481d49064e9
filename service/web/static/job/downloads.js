/** The results as files, for the programs they are for. */

import { resultsUrl, send } from "../core/api.js";
import { el } from "../core/dom.js";
import { authorization } from "../core/token.js";

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
      return el("a.button", {
        href: resultsUrl(jobId, format), download: name, title,
        onclick: (event) => withToken(event, jobId, format, name),
      }, format.toUpperCase());
    }));
}

// A link's download passes the service worker by, and carries no token.
async function withToken(event, jobId, format, name) {
  if (!authorization().Authorization) return;
  event.preventDefault();
  const url = URL.createObjectURL(await (await send(resultsUrl(jobId, format))).blob());
  el("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
