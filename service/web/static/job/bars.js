/** Where bars of a lane lie: those that overlap in time, in rows of their own. */

const MAX_ROWS = 8;

/** Rows of entries; within one none begins before the one before has ended, but in the last. */
export function packed(entries) {
  const rows = [];
  for (const entry of [...entries].sort((a, b) => a.first_ms - b.first_ms)) {
    const free = rows.find((row) => row.at(-1).last_ms < entry.first_ms);
    if (free) free.push(entry);
    else if (rows.length < MAX_ROWS) rows.push([entry]);
    else rows.at(-1).push(entry);
  }
  return rows;
}

/** The entry at a time and a height of the lanes, or null; short bars are met with some slack. */
export function barAt(lanes, ms, y, { barHeight, slackMs }) {
  const lane = lanes.findLast((each) => y >= each.top);
  const row = lane?.rows[Math.floor((y - lane.top) / barHeight)];
  return row?.find((entry) => entry.first_ms - slackMs <= ms && ms <= entry.last_ms + slackMs) ?? null;
}
