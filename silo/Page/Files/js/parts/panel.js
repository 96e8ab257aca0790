import { html } from "../html.js";

/** A panel: a heading row, then content. */
export function Panel({ id, title, note, end, children, span = 12, isBleeding = false, className = "" }) {
  return html`<section class="panel span-${span} ${className}" aria-labelledby=${id}>
    <div class="panel-head"><h2 id=${id}>${title}</h2>${note ? html`<span class="note">${note}</span>` : null}<div class="panel-end">${end}</div></div>
    ${isBleeding ? children : html`<div class="panel-body">${children}</div>`}
  </section>`;
}

/** Grey blocks in the sizes of what is to come. */
export function Skeleton({ lines }) {
  return html`<div class="skeletons" aria-hidden="true">
    ${lines.map(([width, height], i) => html`<span key=${i} class="skeleton" style=${{ width, height: `${height}px` }}></span>`)}
  </div>`;
}
