/** The API token, where the server asks for one: kept for this tab's session and nowhere else. */

import { el } from "./dom.js";

const KEY = "forgesyte-token";

let asking = null;

export function authorization() {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Resolves to true once there is another token than the refused one, false when nobody gives one. */
export async function askForToken(refused) {
  if (authorization().Authorization !== refused) return true;
  asking ??= ask(Boolean(refused)).finally(() => (asking = null));
  return asking;
}

function ask(wasRefused) {
  const field = el("input", {
    id: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false",
  });
  const dialog = el(
    "dialog.dialog",
    { "aria-labelledby": "token-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "token-title" }, "This server asks for a token"),
      el("p", {}, wasRefused
        ? "The token was refused: it may be mistyped, or revoked."
        : "Your operator makes one with `forgesyte tokens create NAME`."),
      el("label", { for: "token" }, "API token"),
      field,
      el("p.note", {}, "It is forgotten when this tab is closed."),
      el("div.actions", {},
        el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        el("button.primary", { value: "use" }, "Use this token")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "use" && field.value.trim();
      if (given) sessionStorage.setItem(KEY, given);
      dialog.remove();
      resolve(Boolean(given));
    });
  });
}
