/** Views by the URL's hash: #/, #/jobs/ID?t=1000, #/search?q=words. */

/** Calls view(main, parameters, signal) for the route that fits; signal aborts when it is left. */
export function startRouter(main, routes) {
  let leaving = null;
  const show = () => {
    leaving?.abort();
    leaving = new AbortController();
    const { route, parameters } = match(routes, location.hash);
    main.replaceChildren();
    for (const link of document.querySelectorAll("[data-nav]")) {
      if (link.dataset.nav === route.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    route.view(main, parameters, leaving.signal);
  };
  addEventListener("hashchange", () => {
    // The skip link's target is no route.
    if (location.hash === "#main") return;
    show();
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  show();
}

function match(routes, hash) {
  const [path, search = ""] = hash.replace(/^#/, "").split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  for (const route of routes) {
    const found = route.path.exec(path);
    if (found) return { route, parameters: { ...query, ...found.groups } };
  }
  return { route: routes[0], parameters: query };
}

export const jobLink = (id, ms) => `#/jobs/${id}${ms === undefined ? "" : `?t=${ms}`}`;
export const searchLink = (q) => `#/search?${new URLSearchParams({ q })}`;

export function setTitle(title) {
  document.title = title ? `${title} · ForgeSyte` : "ForgeSyte";
}
