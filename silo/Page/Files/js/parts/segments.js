import { html } from "../html.js";

/** A group of choices of which one is on. */
export function Segments({ label, name, options, value, onChange, size = "", isOff = false }) {
  return html`<div class="segments ${size} ${isOff ? "off" : ""}" role="radiogroup" aria-label=${label}>
    ${options.map(
      ([key, text]) => html`<label key=${key} class=${key === value ? "on" : ""}>
        <input type="radio" name=${name} value=${key} checked=${key === value} disabled=${isOff} onChange=${() => onChange(key)} />${text}
      </label>`,
    )}
  </div>`;
}
