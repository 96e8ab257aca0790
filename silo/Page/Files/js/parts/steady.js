import { useRef } from "../../vendor/hooks.mjs";
import { html } from "../html.js";

// Of a digit's width, which is the same for all ten.
const widthOf = (text) => [...text].reduce((sum, char) => sum + (/[,. ]/.test(char) ? 0.46 : 1), 0);

/** A number as wide as its widest value so far, so that what stands beside it does not move. */
export function Steady({ text, isRight = false }) {
  const widest = useRef(0);
  if (/[a-z]/i.test(text)) {
    return text;
  }
  widest.current = Math.max(widest.current, widthOf(text));
  return html`<span class="steady ${isRight ? "right" : ""}" style=${{ "--width": `${widest.current}ch` }}>${text}</span>`;
}
