/**
 * The API token, where the server asks for one: the browser keeps it as a cookie that no script can
 * read, and sends it for a <video> and a download too, over plain HTTP as well.
 */

import { el } from "./dom.js";

const PATH = "/v1/session";

let begun = 0;
let asking = null;

/** How many sessions this page has begun: askForToken takes it as it was before a refusal. */
export const sessionsBegun = () => begun;

/** Resolves to true once there is a newer session than that, false when nobody gives a token. */
export async function askForToken(before) {
  if (begun > before) return true;
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

function ask() {
  const field = el("input", {
    id: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false",
  });
  const refusal = el("p.problem", { role: "alert", hidden: true });
  const dialog = el(
    "dialog.dialog",
    { "aria-labelledby": "token-title" },
    el("form", { method: "dialog", onsubmit: (event) => useToken(event, dialog, field, refusal) },
      el("h2", { id: "token-title" }, "This server asks for a token"),
      el("p", {}, "Your operator makes one with `forgesyte tokens create NAME`."),
      el("label", { for: "token" }, "API token"),
      field,
      refusal,
      el("p.note", {}, "It is forgotten when the browser is closed."),
      el("div.actions", {},
        el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        el("button.primary", {}, "Use this token")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue === "used")));
  });
}

async function useToken(event, dialog, field, refusal) {
  event.preventDefault();
  const problem = await begin(field.value.trim());
  refusal.hidden = !problem;
  refusal.textContent = problem;
  if (problem) return field.select();
  begun += 1;
  dialog.close("used");
}

/** Resolves to what is wrong, or to an empty string. */
async function begin(token) {
  try {
    const headers = new Headers({ Authorization: `Bearer ${token}` });
    const { ok, status } = await fetch(PATH, { method: "POST", headers });
    if (ok) return "";
    return status === 401
      ? "The token was refused: it may be mistyped, or revoked."
      : "The server cannot say now whether this is a token. Try again.";
  } catch {
    return "The server cannot be reached, or this cannot be a token.";
  }
}
