/** Repeating a request for as long as a view is shown. */

const FIRST_RETRY_SECONDS = 1;
const MAX_RETRY_SECONDS = 30;

/**
 * Calls step(signal) again and again until the signal aborts. What it resolves to is how many
 * seconds may pass before the next call, or null when there is nothing more to ask. What fails is
 * tried again, each time later, and the page says so; a hidden page asks nothing.
 */
export async function repeat(signal, step) {
  let retry = FIRST_RETRY_SECONDS;
  while (!signal.aborted) {
    let pause;
    try {
      pause = await step(signal);
      retry = FIRST_RETRY_SECONDS;
      showOffline(null);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status && error.status < 500) throw error;
      showOffline(error, retry);
      pause = retry;
      retry = Math.min(retry * 2, MAX_RETRY_SECONDS);
    }
    if (pause === null) return;
    await rest(pause, signal);
    await visible(signal);
  }
}

function showOffline(error, seconds) {
  const line = document.getElementById("offline");
  line.hidden = !error;
  line.textContent = error ? `${error.message} Trying again in ${seconds} s.` : "";
}

const wakers = new Set();

/** Ends the rest of whoever waits: something has just been changed here. */
export function wake() {
  for (const end of wakers) end();
  wakers.clear();
}

/** Resolves when something is changed here. */
export function woken() {
  return new Promise((resolve) => wakers.add(resolve));
}

function rest(seconds, signal) {
  if (!seconds) return null;
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      wakers.delete(end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    wakers.add(end);
    signal.addEventListener("abort", end);
  });
}

function visible(signal) {
  if (!document.hidden) return null;
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}
