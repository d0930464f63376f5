import { html } from "htm/preact";

/**
 * What went wrong, in the place of what is missing, and what to do.
 * @param {{problem: import("../lib/api.js").ApiError, again?: () => void}} props
 */
export function Problem({ problem, again }) {
  return html`<div class="problem" role="alert">
    <p><strong>${problem.message}</strong></p>
    <p>${problem.advice}</p>
    ${problem.request_id && html`<p class="quiet">Request ${problem.request_id}</p>`}
    ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </div>`;
}
