/** Numbers and times as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const SINCE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const COUNT = new Intl.NumberFormat();

/** 1.4 MB: powers of 1000, as file managers count. */
export function bytes(count) {
  const power = count ? Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1) : 0;
  const value = count / 1000 ** power;
  return `${value.toFixed(power && value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

export function count(number) {
  return COUNT.format(number);
}

export function counted(number, singular, plural = `${singular}s`) {
  return `${count(number)} ${number === 1 ? singular : plural}`;
}

/** 1:02:03.4, or without tenths. */
export function clock(milliseconds, { tenths = false } = {}) {
  const ticks = Math.floor(milliseconds / 100);
  const seconds = Math.floor(ticks / 10);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  if (seconds >= 3600) parts.unshift(Math.floor(seconds / 3600));
  const text = parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
  return tenths ? `${text}.${ticks % 10}` : text;
}

/** "9 s", "3 min", "2 h 5 min". */
export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function percent(share) {
  return `${Math.round(share * 100)} %`;
}

export function when(iso) {
  return WHEN.format(new Date(iso));
}

/** "5 minutes ago"; the exact time is for a title. */
export function since(iso, now = Date.now()) {
  const seconds = (now - Date.parse(iso)) / 1000;
  const step = STEPS.find(([, length]) => seconds >= length);
  return step ? SINCE.format(-Math.floor(seconds / step[1]), step[0]) : "just now";
}

export function nameOf(job) {
  return job.name ?? `Video ${job.job_id.slice(0, 8)}`;
}
