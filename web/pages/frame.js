import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { choose_theme, chosen_theme, THEMES } from "../lib/theme.js";

/** The pages, in the order of the navigation. */
export const PAGES = [{ path: "/", name: "Home" }, { path: "/app/explore", name: "Explore" }, { path: "/app/live", name: "Live events" }];

function ThemeChoice() {
  const [theme, set_theme] = useState(chosen_theme());
  /** @param {Event} event */
  function change(event) {
    const chosen = THEMES.find((each) => each === /** @type {HTMLSelectElement} */ (event.target).value) ?? "system";
    choose_theme(chosen);
    set_theme(chosen);
  }
  return html`<label class="theme">Theme
    <select value=${theme} onChange=${change}>${THEMES.map((each) => html`<option value=${each}>${each[0].toUpperCase() + each.slice(1)}</option>`)}</select>
  </label>`;
}

/**
 * What is around every page.
 * @param {{path: string, viewer: import("../lib/session.js").Viewer, sign_out: () => void, children?: any}} props
 */
export function Frame({ path, viewer, sign_out, children }) {
  return html`<a class="skip" href="#content">Skip to content</a>
    <header class="frame">
      <a class="brand" href="/">DotMac Analytics</a>
      <nav aria-label="Pages">
        ${PAGES.map(({ path: to, name }) => html`<a href=${to} aria-current=${to === path ? "page" : undefined}>${name}</a>`)}
        <a href="/docs">API</a>
      </nav>
      <span class="tenant"><span class="quiet">Tenant</span> <strong>${viewer.tenant}</strong></span>
      <${ThemeChoice} />
      ${viewer.signed_in && html`<button type="button" onClick=${sign_out}>Sign out</button>`}
    </header>
    <main id="content" tabindex="-1">${children}</main>`;
}
