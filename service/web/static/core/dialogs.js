/** Dialogs: a question before what cannot be undone, and the list of keys. */

import { el } from "./dom.js";

const KEYS = [
  ["Space", "Play or pause"],
  [", and .", "Step to the analysed frame before, after"],
  ["← and →", "5 seconds back, forward"],
  ["Home and End", "Beginning, end"],
  ["f", "Filter the texts of this video"],
  ["b", "Show or hide the boxes"],
  ["/", "Search every video"],
  ["?", "This list"],
];

/** Resolves to whether the question was answered with yes; the safe answer has the focus. */
export function confirm({ title, text, yes }) {
  const dialog = el(
    "dialog.dialog",
    { "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text" },
    el("form", { method: "dialog" },
      el("h2", { id: "confirm-title" }, title),
      el("p", { id: "confirm-text" }, text),
      el("div.actions", {},
        el("button", { value: "no", autofocus: true }, "Cancel"),
        el("button.danger", { value: "yes" }, yes)),
    ),
  );
  return shown(dialog).then((answer) => answer === "yes");
}

export function showKeys() {
  if (document.querySelector("dialog[open]")) return;
  shown(el(
    "dialog.dialog",
    { "aria-labelledby": "keys-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "keys-title" }, "Keys"),
      el("dl.keys", {}, KEYS.map(([keys, does]) => [el("dt", {}, keys), el("dd", {}, does)]).flat()),
      el("div.actions", {}, el("button.primary", { autofocus: true }, "Close")),
    ),
  ));
}

function shown(dialog) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => (dialog.remove(), resolve(dialog.returnValue)));
  });
}
