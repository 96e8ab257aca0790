import { html } from "../html.js";
import { dismiss } from "../notify.js";
import { useStore } from "../store.js";
import { Icon } from "./icons.js";

/** The last three things that happened, at the bottom left. */
export function Toasts() {
  const toasts = useStore((state) => state.toasts);
  return html`<section class="toasts" aria-label="Notices">
    ${toasts.map((entry) => {
      const action = entry.action ?? { label: "Dismiss", run: () => undefined };
      const act = () => {
        dismiss(entry.id);
        action.run();
      };
      return html`<div key=${entry.id} class="toast ${entry.tone ?? ""}" role=${entry.isError ? "alert" : undefined}>
        <${Icon} name=${entry.icon ?? (entry.isError ? "cross" : "check")} />
        <span>${entry.text}</span>
        <button class="link" onClick=${act}>${action.label}</button>
      </div>`;
    })}
  </section>`;
}
