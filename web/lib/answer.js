// A question of a page and what became of it.

import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError } from "./api.js";

/**
 * @template T
 * @typedef {{answer?: T, problem?: ApiError, is_loading: boolean, again: () => void}} Asked
 */

/**
 * Asks when the page opens, when `what` changes (compared as JSON), and on `again`; the last answer stays until the next one is there. A question nobody waits for any more is ended.
 * @template T
 * @param {unknown} what
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @returns {Asked<T>}
 */
export function use_answer(what, ask) {
  const key = JSON.stringify(what);
  const [times, set_times] = useState(0);
  const [state, set_state] = useState(/** @type {{answer?: T, problem?: ApiError, is_loading: boolean}} */ ({ is_loading: true }));
  useEffect(() => {
    const controller = new AbortController();
    set_state((before) => ({ ...before, is_loading: true }));
    ask(controller.signal).then(
      (answer) => controller.signal.aborted || set_state({ answer, is_loading: false }),
      (why) => {
        if (controller.signal.aborted) return;
        if (!(why instanceof ApiError)) throw why; // a mistake of ours: for the console
        set_state({ problem: why, is_loading: false });
      },
    );
    return () => controller.abort();
  }, [key, times]);
  return { ...state, again: useCallback(() => set_times((before) => before + 1), []) };
}
