import { html } from "../html.js";
import { Icon } from "./icons.js";

/** What is wrong in a bold sentence, then what to do; buttons stand at the end. */
export function Banner({ tone = "fail", title, children, actions, role }) {
  return html`<div class="banner ${tone}" role=${role}>
    <${Icon} name=${{ warn: "warning", ok: "check", note: "queued" }[tone] ?? "cross"} size=${14} />
    <div class="banner-text"><p><b>${title}</b> ${children}</p></div>
    ${actions ? html`<div class="banner-actions">${actions}</div>` : null}
  </div>`;
}
