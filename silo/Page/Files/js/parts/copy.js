import { useState } from "../../vendor/hooks.mjs";
import { html } from "../html.js";
import { toast } from "../notify.js";
import { Icon } from "./icons.js";

/** A button that copies a text, or what a function makes. */
export function Copy({ text, label = "Copy", isQuiet = false, what }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
    } catch {
      toast({ tone: "fail", text: "Not copied: the browser does not allow it here" });
      return;
    }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button class=${isQuiet ? "quiet-icon" : "small"} type="button" onClick=${copy} aria-label=${what} title=${what}>
    <${Icon} name=${isDone ? "check" : "copy"} />${isQuiet ? "" : isDone ? "Copied" : label}
  </button>`;
}
