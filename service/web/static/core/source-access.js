/**
 * A <video> and a download link cannot send a header: where there is a token, a service worker
 * adds it to their requests. Browsers have service workers on HTTPS and on localhost alone.
 */

import { authorization } from "./token.js";

const SCRIPT = "/service-worker.js";

/** The worker asks for the token each time: it keeps none. */
export function startServiceWorker() {
  navigator.serviceWorker?.addEventListener("message", (event) => {
    event.ports[0].postMessage(authorization());
  });
}

/** Resolves once a <video> may ask for what is behind the token, to false where it never can. */
export async function openSources() {
  if (!authorization().Authorization) return true;
  if (!navigator.serviceWorker) return false;
  await navigator.serviceWorker.register(SCRIPT);
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await controlled();
  return true;
}

function controlled() {
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
  });
}
