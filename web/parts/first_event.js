import { html } from "htm/preact";

/** What to do where there are no events. @param {{viewer: import("../lib/session.js").Viewer, look: () => void}} props */
export function FirstEvent({ viewer, look }) {
  const who = viewer.signed_in ? `-H "X-API-Key: $KEY"` : `-H "X-Tenant-ID: ${viewer.tenant}"`;
  const event = JSON.stringify({ event_type: "page_view", event_name: "home", user_id: "ann", properties: { plan: "fiber" } });
  return html`<section class="empty">
    <h2>There are no events yet</h2>
    <p>Send the first one from a terminal${viewer.signed_in && html`, where KEY is an API key with the scope ingest`}:</p>
    <pre tabindex="0"><code>curl -s ${location.origin}/events/track ${who} -d '${event}'</code></pre>
    <p>Many at once, files, and everything else: <a href="/docs">the API</a>.</p>
    <button type="button" onClick=${look}>Look again</button>
  </section>`;
}
