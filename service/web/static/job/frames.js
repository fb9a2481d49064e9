/**
 * The analysed frames around the playhead. A result may hold a million detections, so frames are
 * fetched by ranges and only the ranges used last are kept.
 */

const FRAMES_A_CHUNK = 64;
const KEPT_CHUNKS = 24;
const MAX_HOPS = 12;

/**
 * fetchFrames(first, last): the analysed frames of an inclusive range of indices.
 * Indices and times of a video are no straight line, so a frame is looked for where a line through
 * what is known already would have it, and what comes is one more point of that line.
 */
export function openFrames({ frameCount, durationMs, stride, fetchFrames }) {
  const length = FRAMES_A_CHUNK * stride;
  const last = Math.max(0, Math.ceil(frameCount / length) - 1);
  const chunks = new Map();
  const points = [[0, 0], [Math.max(durationMs, 1), Math.max(frameCount, 1)]];

  function chunk(place) {
    let found = chunks.get(place);
    chunks.delete(place);
    if (!found) {
      found = { frames: null, promise: null };
      found.promise = fetchFrames(place * length, (place + 1) * length - 1).then(
        (frames) => (learn(points, frames), (found.frames = frames)),
        (problem) => (chunks.delete(place), Promise.reject(problem)),
      );
    }
    chunks.set(place, found);
    if (chunks.size > KEPT_CHUNKS) chunks.delete(chunks.keys().next().value);
    return found;
  }

  const placeOf = (ms) => Math.min(last, Math.max(0, Math.floor(guess(points, ms) / length)));

  async function locate(ms) {
    const tried = new Set();
    let place = placeOf(ms);
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      tried.add(place);
      const frames = await chunk(place).promise;
      const side = sideOf(frames, ms);
      if (side === 0) break;
      const better = placeOf(ms);
      const next = better !== place && !tried.has(better) ? better : place + side;
      if (next < 0 || next > last || tried.has(next)) break;
      place = next;
    }
    return place;
  }

  return {
    /** The frame analysed nearest to a time, null where there is none. */
    async at(ms) {
      const place = await locate(ms);
      return nearest(await chunk(place).promise, ms);
    },
    /** The same without waiting: undefined where its range is not here. */
    cached(ms) {
      const place = placeOf(ms);
      for (const each of [place, place - 1, place + 1]) {
        const frames = chunks.get(each)?.frames;
        if (frames && sideOf(frames, ms) === 0) return nearest(frames, ms);
      }
      return undefined;
    },
    /** The analysed frame so many steps (1 or -1) from the one at a time; null beyond the ends. */
    async step(ms, direction) {
      let place = await locate(ms);
      const frames = await chunk(place).promise;
      const next = frames[frames.indexOf(nearest(frames, ms)) + direction];
      if (next) return next;
      for (place += direction; place >= 0 && place <= last; place += direction) {
        const others = await chunk(place).promise;
        if (others.length) return others.at(direction > 0 ? 0 : -1);
      }
      return null;
    },
    /** Fetches the range after the one of this time, so that playing does not wait for it. */
    prefetch(ms) {
      const place = placeOf(ms) + 1;
      if (place <= last && !chunks.has(place)) chunk(place).promise.catch(() => {});
    },
    get keptChunks() {
      return chunks.size;
    },
  };
}

export const msOf = (frame) => frame.result.timestamp_ms;

function nearest(frames, ms) {
  if (!frames.length) return null;
  const after = firstFrom(frames, ms, msOf);
  const [before, next] = [frames[after - 1], frames[after]];
  if (!before || !next) return before ?? next;
  return ms - msOf(before) <= msOf(next) - ms ? before : next;
}

/** -1, 0 or 1: whether a time is before, within or after frames, half a frame's distance allowed. */
function sideOf(frames, ms) {
  if (!frames.length) return -1;
  const [first, final] = [msOf(frames[0]), msOf(frames.at(-1))];
  const slack = frames.length > 1 ? (final - first) / (frames.length - 1) : 0;
  if (ms < first - slack) return -1;
  return ms > final + slack ? 1 : 0;
}

function learn(points, frames) {
  for (const frame of [frames[0], frames.at(-1)]) {
    if (!frame) continue;
    const place = firstFrom(points, msOf(frame), ([ms]) => ms);
    if (points[place]?.[0] !== msOf(frame)) {
      points.splice(place, 0, [msOf(frame), frame.frame_index]);
    }
  }
}

function guess(points, ms) {
  const place = Math.min(Math.max(1, firstFrom(points, ms, ([at]) => at)), points.length - 1);
  const [[ms1, index1], [ms2, index2]] = [points[place - 1], points[place]];
  return index1 + ((ms - ms1) / (ms2 - ms1 || 1)) * (index2 - index1);
}

/** The place of the first item whose value is at least this one; items are in order. */
function firstFrom(items, value, valueOf) {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(items[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
