// Where the pages begin: who is it, and what does he want to see.

import { html, render } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, when_unauthorized } from "./lib/api.js";
import { use_path } from "./lib/router.js";
import { end_session, read_session, viewer_of } from "./lib/session.js";
import { Explore } from "./pages/explore.js";
import { Frame } from "./pages/frame.js";
import { Home } from "./pages/home.js";
import { Live } from "./pages/live.js";
import { NotFound } from "./pages/not_found.js";
import { SignIn } from "./pages/sign_in.js";
import { Problem } from "./parts/problem.js";
import "./lib/theme.js";

/** @typedef {import("./lib/session.js").Viewer} Viewer */
/** @typedef {{kind: "asking"} | {kind: "stranger", reason: string} | {kind: "viewer", viewer: Viewer} | {kind: "problem", problem: ApiError}} Access */

/** @param {{path: string, viewer: Viewer}} props */
function Content({ path, viewer }) {
  if (path === "/" || path === "/app") return html`<${Home} viewer=${viewer} />`;
  if (path === "/app/explore") return html`<${Explore} viewer=${viewer} />`;
  if (path === "/app/live") return html`<${Live} viewer=${viewer} />`;
  return html`<${NotFound} path=${path} />`;
}

function App() {
  const path = use_path();
  const [access, set_access] = useState(/** @type {Access} */ ({ kind: "asking" }));

  /** @param {import("./lib/session.js").Session} session @returns {Access} */
  function access_of(session) {
    const viewer = viewer_of(session);
    return viewer ? { kind: "viewer", viewer } : { kind: "stranger", reason: "" };
  }
  async function ask() {
    set_access({ kind: "asking" });
    try {
      set_access(access_of(await read_session()));
    } catch (why) {
      if (!(why instanceof ApiError)) throw why;
      set_access(why.status === 401 ? { kind: "stranger", reason: sentence(why.message) } : { kind: "problem", problem: why });
    }
  }
  async function sign_out() {
    try {
      await end_session();
      set_access({ kind: "stranger", reason: "You are signed out." });
    } catch (why) {
      if (!(why instanceof ApiError)) throw why;
      set_access({ kind: "problem", problem: why });
    }
  }
  useEffect(() => {
    when_unauthorized((why) => set_access({ kind: "stranger", reason: sentence(why.message) }));
    ask();
  }, []);

  switch (access.kind) {
    case "asking":
      return html`<main class="sign-in"><h1>DotMac Analytics</h1><p role="status">Asking the node…</p></main>`;
    case "problem":
      return html`<main class="sign-in"><h1>DotMac Analytics</h1><${Problem} problem=${access.problem} again=${ask} /></main>`;
    case "stranger":
      return html`<${SignIn} reason=${access.reason} on_session=${(/** @type {import("./lib/session.js").Session} */ session) => set_access(access_of(session))} />`;
    case "viewer":
      return html`<${Frame} path=${path} viewer=${access.viewer} sign_out=${sign_out}><${Content} path=${path} viewer=${access.viewer} /><//>`;
  }
}

/** The API's messages begin in lower case and end without a stop. @param {string} message */
const sentence = (message) => message.charAt(0).toUpperCase() + message.slice(1).replace(/[^.]$/, "$&.");

const root = document.getElementById("app");
if (root) {
  root.replaceChildren();
  render(html`<${App} />`, root);
}
