// Which page is shown. Paths belong to the browser: the node answers all of them with the same document.

import { useEffect, useState } from "preact/hooks";

/** @param {string} path */
const is_of_pages = (path) => path === "/" || path === "/app" || path.startsWith("/app/");

/** @type {Set<() => void>} */
const listeners = new Set();
const tell = () => listeners.forEach((each) => each());
addEventListener("popstate", tell);

/** @param {string} path */
export function go_to(path) {
  if (path !== location.pathname + location.search) history.pushState(null, "", path);
  tell();
}

// Links between pages are plain links; a plain click on one changes the page without loading the document again.
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.target || link.hash || !is_of_pages(link.pathname)) return;
  event.preventDefault();
  go_to(link.pathname + link.search);
});

/** The path of the page, without a slash at its end. */
export function use_path() {
  const [path, set_path] = useState(location.pathname);
  useEffect(() => {
    const listener = () => set_path(location.pathname);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return path.replace(/(?<=.)\/+$/, "");
}
