import { html } from "htm/preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, call } from "../lib/api.js";
import { no_longer_first } from "../parts/page.js";

/** @param {ApiError} problem */
function what_to_do(problem) {
  if (problem.status === 401) return "Check that the whole key was copied. Whoever runs the node can make a new one.";
  if (problem.status === 403) return "The pages only read: they need a key with the scope read.";
  return problem.advice;
}

/**
 * @param {{reason: string, on_session: (session: import("../lib/session.js").Session) => void}} props
 */
export function SignIn({ reason, on_session }) {
  const [problem, set_problem] = useState(/** @type {ApiError | null} */ (null));
  const [is_busy, set_busy] = useState(false);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => {
    no_longer_first();
    document.title = "Sign in – DotMac Analytics";
    field.current?.focus();
  }, []);

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const input = field.current;
    if (!input || is_busy) return;
    set_busy(true);
    set_problem(null);
    try {
      on_session(await call("POST", "/session", { api_key: input.value.trim() }));
    } catch (why) {
      if (!(why instanceof ApiError)) throw why;
      set_problem(why);
      set_busy(false);
      input.focus();
    }
  }

  // The field has no name: a browser that sends the form by itself sends no key.
  return html`<main class="sign-in">
    <h1>DotMac Analytics</h1>
    ${reason && html`<p role="status">${reason}</p>`}
    <form onSubmit=${submit}>
      <label for="api-key">API key</label>
      <input id="api-key" ref=${field} type="password" autocomplete="current-password" spellcheck=${false} maxlength="200" required
        aria-describedby=${problem ? "sign-in-problem" : "sign-in-help"} aria-invalid=${problem?.status === 401 ? "true" : undefined} />
      <p id="sign-in-help" class="quiet">A key with the scope read, such as dma.acme.0123….</p>
      ${problem && html`<div id="sign-in-problem" class="problem" role="alert"><p><strong>${problem.message}</strong></p><p>${what_to_do(problem)}</p></div>`}
      <button class="main" type="submit" disabled=${is_busy}>${is_busy ? "Signing in…" : "Sign in"}</button>
    </form>
    <details>
      <summary>There is no key yet</summary>
      <p>Whoever runs the node makes one, with the node's settings (SECRET_KEY):</p>
      <pre tabindex="0"><code>TOKEN=$(dotmac-analytics make-token --hours 1)
curl -s ${location.origin}/admin/api-keys -H "Authorization: Bearer $TOKEN" -d '${JSON.stringify({ label: "pages", scopes: ["read"] })}'</code></pre>
    </details>
  </main>`;
}
