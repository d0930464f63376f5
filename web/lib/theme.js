// Light, dark, or what the system says; remembered by this browser.

const KEY = "dotmac-theme";
export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
/** @typedef {typeof THEMES[number]} Theme */

const system = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Theme} */
export function chosen_theme() {
  try {
    const kept = localStorage.getItem(KEY);
    return THEMES.find((each) => each === kept) ?? "system";
  } catch {
    return "system"; // the browser keeps nothing for this page
  }
}

function apply() {
  const theme = chosen_theme();
  document.documentElement.dataset.theme = theme === "system" ? (system.matches ? "dark" : "light") : theme;
  listeners.forEach((each) => each());
}

/** @param {Theme} theme */
export function choose_theme(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    document.documentElement.dataset.theme = theme; // for as long as the page is open
  }
  apply();
}

/** For what is drawn and not styled. @param {() => void} act @returns {() => void} which ends it */
export function when_theme_changes(act) {
  listeners.add(act);
  return () => void listeners.delete(act);
}

system.addEventListener("change", apply);
apply();
