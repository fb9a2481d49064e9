/** The switch between the system's theme, light and dark. */

const NEXT = { system: "light", light: "dark", dark: "system" };
const LABELS = { system: "Auto", light: "Light", dark: "Dark" };

export function startTheme(button) {
  const root = document.documentElement;
  const show = () => {
    const theme = root.dataset.theme ?? "system";
    button.textContent = `◐ ${LABELS[theme]}`;
    button.setAttribute("aria-label", `Theme: ${LABELS[theme]}`);
  };
  button.addEventListener("click", () => {
    keep(root, NEXT[root.dataset.theme ?? "system"]);
    show();
  });
  show();
}

function keep(root, theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Kept until the page is left, then.
  }
}
