import { html } from "../html.js";
import { Icon } from "./icons.js";

/** A state: icon, word and colour; a reason may follow. */
export function Chip({ state, reason }) {
  return html`<span class="chip ${state}"><${Icon} name=${state} />${state}${reason ? ` ${reason}` : ""}</span>`;
}

/** A version, a label or an option. */
export function Tag({ children }) {
  return html`<span class="tag">${children}</span>`;
}
