// Runs before anything is painted, so that a chosen theme never flashes the other one.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's own theme is then what there is.
}
