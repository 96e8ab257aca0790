import { html } from "../html.js";
import { counted } from "../format.js";

const MOST_SQUARES = 16;

/** One square a slot, filled where it is busy; a bar above sixteen slots. */
export function SlotSquares({ slots, running, colors, color }) {
  const busy = Math.min(running, slots);
  const label = `${busy} of ${counted(slots, "slot")} busy`;
  if (slots > MOST_SQUARES) {
    return html`<span class="slot-bar" role="img" aria-label=${label} title=${label}>
      <span class="track"><span class="fill" style=${{ "--share": `${(busy / slots) * 100}%`, "--fill": color }}></span></span>
      ${busy} of ${slots}
    </span>`;
  }
  return html`<span class="squares" role="img" aria-label=${label} title=${label}>
    ${Array.from({ length: slots }, (_, i) => {
      const fill = colors ? colors[i] : i < busy ? color : null;
      return html`<span key=${i} class="square ${fill ? "busy" : ""}" style=${fill ? { "--fill": fill } : undefined}></span>`;
    })}
  </span>`;
}
