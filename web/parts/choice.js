import { html } from "htm/preact";

/**
 * One of a few, with a label. A value that is not among the choices (from an address) is shown as it is.
 * @param {{label: string, value: string, choices: Record<string, string>, choose: (value: string) => void}} props
 */
export function Choice({ label, value, choices, choose }) {
  const all = Object.hasOwn(choices, value) ? choices : { ...choices, [value]: value };
  const id = `choice-${label.toLowerCase().replaceAll(" ", "-")}`; // labels of a page differ
  return html`<div class="choice"><label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${Object.entries(all).map(([each, name]) => html`<option value=${each}>${name}</option>`)}
    </select>
  </div>`;
}

/** Choices that are called what they are. @param {string[]} values @returns {Record<string, string>} */
export const named = (values) => Object.fromEntries(values.map((each) => [each, each]));
