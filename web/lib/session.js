// Who is signed in: for whom calls are, and until when.

import { call } from "./api.js";

/** As GET /session answers it; `tenant_id` is null for who has to sign in first.
 * @typedef {{tenant_id: string | null, timezone: string | null, scopes: string[], signed_in: boolean, ends_at: string | null}} Session */

/** Of who may use the pages. @typedef {{tenant: string, zone: string, signed_in: boolean}} Viewer */

/** @param {Session} session @returns {Viewer | null} */
export function viewer_of(session) {
  if (session.tenant_id === null || session.timezone === null) return null;
  return { tenant: session.tenant_id, zone: session.timezone, signed_in: session.signed_in };
}

/** @returns {Promise<Session>} */
export const read_session = () => call("GET", "/session");
export const end_session = () => call("DELETE", "/session");
