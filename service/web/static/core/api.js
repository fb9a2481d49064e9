/** The public HTTP API, and nothing else: every request of the page but uploads goes through here. */

import { askForToken, sessionsBegun } from "./session.js";

/** A refusal (RFC 9457): `code` for programs, `message` for people. status 0: nobody answered. */
export class Problem extends Error {
  constructor(status, { code = "unreachable", title = "", detail = "", request_id = "" } = {}) {
    super(detail || title || "The server cannot be reached.");
    Object.assign(this, { status, code, requestId: request_id });
  }
}

export async function send(path, { method = "GET", headers = {}, signal } = {}) {
  const before = sessionsBegun();
  let response;
  try {
    response = await fetch(path, { method, signal, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0);
  }
  if (response.status === 401 && (await askForToken(before))) {
    return send(path, { method, headers, signal });
  }
  if (!response.ok) throw new Problem(response.status, await problemIn(response));
  return response;
}

export async function problemIn(response) {
  return response.json().catch(() => ({ title: response.statusText, code: "unexpected" }));
}

async function json(path, options) {
  return (await send(path, options)).json();
}

const preferring = (waitSeconds) => (waitSeconds ? { Prefer: `wait=${waitSeconds}` } : {});

export const session = () => json("/v1/session");
export const endSession = () => send("/v1/session", { method: "DELETE" });

export const pipelines = async () => (await json("/v1/pipelines")).pipelines;

export function jobs({ status, cursor, limit = 50 }, options) {
  return json(`/v1/jobs?${query({ status, cursor, limit })}`, options);
}

/** One job; with waitSeconds the answer comes when its status changes, or then. */
export async function job(id, { waitSeconds, signal } = {}) {
  const response = await send(`/v1/jobs/${id}`, { signal, headers: preferring(waitSeconds) });
  const found = await response.json();
  // Where a proxy drops the preference, the answer comes at once, and so would the next request.
  if (waitSeconds && !response.headers.has("Preference-Applied")) await pause(waitSeconds / 2);
  return found;
}

export function remove(id) {
  return send(`/v1/jobs/${id}`, { method: "DELETE" });
}

export function summary(id, options) {
  return json(`/v1/video/summary/${id}`, options);
}

/** The analysed frames with indices from `first` to `last`, both included. */
export async function frames(id, first, last, options) {
  const range = query({ format: "jsonl", from_frame: first, to_frame: last });
  const text = await (await send(`/v1/video/results/${id}?${range}`, options)).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

export function search({ q, className, cursor, limit = 50 }, options) {
  return json(`/v1/search?${query({ q, class: className, cursor, limit })}`, options);
}

export const sourceUrl = (id) => `/v1/video/source/${id}`;
export const resultsUrl = (id, format) => `/v1/video/results/${id}?format=${format}`;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}
