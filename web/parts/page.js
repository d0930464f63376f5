import { html } from "htm/preact";
import { useEffect, useRef } from "preact/hooks";

/** The browser itself tells of the first page. */
let is_first = true;
/** What is shown now counts as one, though it has no such title. */
export function no_longer_first() {
  is_first = false;
}

/**
 * A page: its title is that of the window, and is where a screen reader goes on after a change of pages.
 * @param {{title: string, children?: any}} props
 */
export function Page({ title, children }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  useEffect(() => {
    document.title = `${title} – DotMac Analytics`;
    if (!is_first) heading.current?.focus();
    is_first = false;
  }, [title]);
  return html`<h1 ref=${heading} tabindex="-1">${title}</h1>${children}`;
}
