/** Where labels of boxes go, so that none covers another. */

const STACKED = 3;

/**
 * boxes: [{ x1, y1, x2, y2 }], names: what their labels say, sizes: [{ width, height }] of those,
 * stage: { width, height }, all in the same pixels. Gives for each label { x, y } of its top left
 * corner, or null where no place was left, and where a larger box round it says the same (a plate
 * round its line). Places outside of the box come first; small boxes choose first, since their
 * labels have fewer places that make plain whose they are.
 */
export function placeLabels(boxes, names, sizes, stage) {
  const order = boxes.map((_, place) => place)
    .filter((place) => !boxes.some((box, other) =>
      names[other] === names[place] && area(box) > area(boxes[place]) && holds(box, boxes[place])))
    .sort((a, b) => area(boxes[a]) - area(boxes[b]));
  const placed = [];
  const places = boxes.map(() => null);
  for (const index of order) {
    const size = sizes[index];
    const free = candidates(boxes[index], size, stage)
      .filter((spot) => !placed.some((other) => overlap(spot, other)));
    if (!free.length) continue;
    const spot = least(free, (each) => covered(each, boxes));
    placed.push(spot);
    places[index] = { x: spot.x1, y: spot.y1 };
  }
  return places;
}

function candidates({ x1, y1, x2, y2 }, { width, height }, stage) {
  const spots = [
    [x1, y1 - height], [x1, y2], [x2 - width, y1 - height], [x2 - width, y2],
    [x2, y1], [x1 - width, y1],
  ];
  for (let row = 2; row <= STACKED; row++) spots.push([x1, y1 - row * height], [x1, y2 + (row - 1) * height]);
  if (x2 - x1 > width && y2 - y1 > 3 * height) spots.push([x1, y1], [x1, y2 - height]);
  return spots
    .map(([x, y]) => [Math.max(0, Math.min(x, stage.width - width)), y])
    .filter(([, y]) => y >= 0 && y + height <= stage.height)
    .map(([x, y]) => ({ x1: x, y1: y, x2: x + width, y2: y + height }));
}

const area = (box) => (box.x2 - box.x1) * (box.y2 - box.y1);

/** Whether the outer one holds the middle of the inner one. */
function holds(outer, inner) {
  const [x, y] = [(inner.x1 + inner.x2) / 2, (inner.y1 + inner.y2) / 2];
  return outer.x1 <= x && x <= outer.x2 && outer.y1 <= y && y <= outer.y2;
}

/** The area two share. */
function overlap(a, b) {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  return width > 0 && height > 0 ? width * height : 0;
}

/** How much of boxes a label would hide. */
function covered(spot, boxes) {
  return boxes.reduce((sum, box) => sum + overlap(spot, box), 0);
}

function least(items, costOf) {
  let [best, cost] = [items[0], costOf(items[0])];
  for (const item of items) {
    if (costOf(item) < cost) [best, cost] = [item, costOf(item)];
  }
  return best;
}
