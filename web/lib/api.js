// Calls of this node. Every failure is an ApiError, which says what happened and what helps.

/** What a page of another origin cannot send: api/browser_session.hpp. */
const PAGE_HEADERS = { "X-Requested-With": "dotmac-analytics" };

/** By the `code` of the API's errors; "unreachable" where there was no answer. @type {Record<string, string>} */
const ADVICE = {
  unreachable: "Check that the node runs and that this device reaches it, then try again.",
  unauthorized: "Sign in again.",
  forbidden: "Sign in with an API key that has the scope for it.",
  too_many_requests: "Wait a few seconds, then try again.",
  query_too_large: "Ask for less: a shorter time, longer intervals, or fewer groups.",
  deadline_exceeded: "Ask for a shorter time, or try again when less is going on.",
  not_a_gateway: "Open these pages at a node whose NODE_ROLE is both or gateway.",
  storage_unavailable: "The node goes on by itself when its store is back: try again in a moment.",
};

/** @param {number} status */
function general_advice(status) {
  if (status === 503) return "Try again in a moment. /health/detailed says what the node waits for.";
  if (status >= 500) return "Try again. If it stays, give the request id to who runs the node: its log says more.";
  return "Change what was asked for, then try again.";
}

export class ApiError extends Error {
  /** @param {{status: number, code: string, message: string, request_id?: string}} what */
  constructor({ status, code, message, request_id = "" }) {
    super(message);
    this.status = status;
    this.code = code;
    this.request_id = request_id;
  }
  get advice() {
    return ADVICE[this.code] ?? general_advice(this.status);
  }
}

/** `detail` is a text, or a list of faults with their places. @param {unknown} detail @returns {string} */
function text_of(detail) {
  if (!Array.isArray(detail)) return String(detail ?? "The node gave no reason.");
  return detail.map(({ loc, msg }) => `${loc.slice(1).join(".")}: ${msg}`).join("; ");
}

/** @param {Response} response @returns {Promise<ApiError>} */
async function error_of(response) {
  /** @type {any} */
  const body = await response.json().catch(() => ({})); // a proxy in between may answer in HTML
  return new ApiError({ status: response.status, code: body.code ?? "", message: text_of(body.detail ?? `The answer was ${response.status}.`), request_id: body.request_id });
}

/** Told of every 401: the session has ended. @type {(why: ApiError) => void} */
let on_unauthorized = () => {};
/** @param {(why: ApiError) => void} act */
export function when_unauthorized(act) {
  on_unauthorized = act;
}

/** @param {unknown} why @param {AbortSignal | undefined} signal @returns {never} */
function fail(why, signal) {
  if (signal?.aborted) throw why;
  throw new ApiError({ status: 0, code: "unreachable", message: "The node does not answer." });
}

/**
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>}
 */
export async function call_for_response(method, path, body, signal) {
  const has_body = body !== undefined;
  const response = await fetch(path, {
    method,
    headers: has_body ? { ...PAGE_HEADERS, "Content-Type": "application/json" } : PAGE_HEADERS,
    body: has_body ? JSON.stringify(body) : undefined,
    cache: "no-store",
    credentials: "same-origin",
    signal,
  }).catch((why) => fail(why, signal));
  if (response.ok) return response;
  const error = await error_of(response);
  if (response.status === 401 && path !== "/session") on_unauthorized(error);
  throw error;
}

/**
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, signal) {
  const response = await call_for_response(method, path, body, signal);
  return response.json().catch((why) => fail(why, signal)); // the connection broke on the way
}
