import { html } from "htm/preact";
import { Page } from "../parts/page.js";

/** @param {{path: string}} props */
export function NotFound({ path }) {
  return html`<${Page} title="Not found">
    <p>There is no page <code>${path}</code>. The address may be mistyped, or of a later release of the program.</p>
    <p><a href="/">Go to Home</a></p>
  <//>`;
}
