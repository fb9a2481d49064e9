/** Search over the texts of every video: each hit opens its video at the moment. */

import * as api from "./core/api.js";
import { announce, el, setText } from "./core/dom.js";
import { clock, count, counted, percent } from "./core/format.js";
import { jobLink, setTitle } from "./core/router.js";

const CLASSES = [["", "Everything"], ["text", "Text"], ["plate", "Plates"]];

export function showSearch(main, { q = "", class: className = "" }, signal) {
  setTitle(`Search: ${q}`);
  document.getElementById("query").value = q;
  const found = el("p.found", { role: "status" });
  const list = el("ol.hits", { "aria-label": "Hits" });
  const more = el("button", { type: "button", hidden: true }, "More");
  const filters = CLASSES.map(([value, label]) => el("a", {
    href: `#/search?${new URLSearchParams({ q, ...(value && { class: value }) })}`,
    "aria-current": value === className ? "true" : null,
  }, label));
  main.append(el("div.page", {},
    el("h1", {}, "Search"),
    el("nav.filters", { "aria-label": "What to search" }, filters),
    found, list, el("div.pages", {}, more)));

  async function load(cursor) {
    more.disabled = true;
    try {
      const page = await api.search({ q, className, cursor }, { signal });
      add(list, page.items, q);
      more.hidden = !page.next_cursor;
      more.onclick = () => load(page.next_cursor);
      tell(found, list.querySelectorAll(".hit").length, page.next_cursor, q);
    } catch (problem) {
      if (problem.name !== "AbortError") setText(found, problem.message);
    } finally {
      more.disabled = false;
    }
  }
  if (q.trim()) load();
  else setText(found, "Type words above: all of them have to occur, \"in quotes\" as a phrase.");
}

function tell(found, hits, hasMore, q) {
  const text = hits
    ? `${hasMore ? `The first ${count(hits)} places` : counted(hits, "place")} where “${q}” occurs`
    : `Nothing says “${q}”. The last word may be a beginning; the others have to be whole.`;
  setText(found, text);
  announce(text);
}

/** Hits of one video stand together, as they come. */
function add(list, hits, q) {
  for (const hit of hits) {
    let group = list.lastElementChild;
    if (group?.dataset.job !== hit.job_id) {
      group = el("li.group", { "data-job": hit.job_id },
        el("h2", {}, el("a", { href: jobLink(hit.job_id) },
          hit.name ?? `Video ${hit.job_id.slice(0, 8)}`)),
        el("ul"));
      list.append(group);
    }
    group.lastElementChild.append(el("li", {}, row(hit, q)));
  }
}

function row(hit, q) {
  return el("a.hit", { href: jobLink(hit.job_id, hit.first_ms) },
    el("span.time", {}, clock(hit.first_ms)),
    el("span.text", {}, marked(hit.text, q)),
    el("span.class", {}, hit.class_name),
    el("span.number", {}, percent(hit.confidence)));
}

/** The text with the words of the query in <mark>. */
export function marked(text, q) {
  const words = q.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (!words.length) return [text];
  const pattern = new RegExp(`(${words.join("|")})`, "giu");
  return text.split(pattern).map((part, place) => (place % 2 ? el("mark", {}, part) : part));
}
