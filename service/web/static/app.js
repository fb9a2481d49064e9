/** The page: its header, its keys, and which view the URL asks for. */

import * as api from "./core/api.js";
import { announce } from "./core/dom.js";
import { showKeys } from "./core/dialogs.js";
import { searchLink, startRouter } from "./core/router.js";
import { startTheme } from "./core/theme.js";
import { showJob } from "./job/view.js";
import { showJobs } from "./jobs/list.js";
import { showSearch } from "./search.js";

const byId = (id) => document.getElementById(id);

startTheme(byId("theme"));

// Who gave no token is told so by the view.
api.session().then(showSignOut, () => {});

byId("help").addEventListener("click", showKeys);
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = byId("query").value.trim();
  if (words) location.hash = searchLink(words);
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("query").focus();
  } else if (event.key === "?") showKeys();
});

addEventListener("unhandledrejection", (event) => {
  if (event.reason?.name !== "AbortError") announce(event.reason?.message ?? "Something failed.");
});

startRouter(byId("main"), [
  { name: "jobs", path: /^\/?$/, view: showJobs },
  { name: "job", path: /^\/jobs\/(?<id>[\w-]+)$/, view: showJob },
  { name: "search", path: /^\/search$/, view: showSearch },
]);

function showSignOut({ name }) {
  const button = byId("sign-out");
  button.hidden = !name;
  button.title = name ? `Signed in with the token ${name}` : "";
  button.addEventListener("click", async () => {
    await api.endSession();
    location.reload();
  });
}

function isTyping(target) {
  return target.matches("input, textarea, select");
}
