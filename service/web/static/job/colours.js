/** One colour a class: light enough for black letters on it, and told apart on any video. */

const COLOURS = [
  "#4cc2ff", "#ffb224", "#7ee081", "#ff8ab8", "#c0a6ff", "#ff9466", "#5ce0d0", "#e6dc4e",
];
const FIXED = ["text", "plate"];

/** A function from a class's name to its colour; the two shipped classes always have the same. */
export function colours(classNames) {
  const others = classNames.filter((name) => !FIXED.includes(name)).sort();
  const places = new Map([...FIXED, ...others].map((name, place) => [name, place]));
  return (name) => COLOURS[(places.get(name) ?? 0) % COLOURS.length];
}
