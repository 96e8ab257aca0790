import { html } from "../html.js";

const line = (d) => html`<path class="stroke" d=${d} />`;
const solid = (d) => html`<path class="solid" d=${d} />`;
const ring = (r = 4) => html`<circle class="stroke" cx="6" cy="6" r=${r} />`;

const icons = {
  queued: () => ring(),
  decomposing: () => line("M1.5 6H5M10 2 5 6l5 4M7.5 6H10"),
  running: () => solid("M3 1.8v8.4L10 6z"),
  paused: () => solid("M2.6 2h2.4v8H2.6zM7 2h2.4v8H7z"),
  succeeded: () => line("m1.8 6.4 2.8 2.8L10.2 3"),
  failed: () => line("m2.4 2.4 7.2 7.2m0-7.2L2.4 9.6"),
  canceled: () => html`${ring(4.4)}${line("m3 9 6-6")}`,
  active: () => html`<circle class="solid" cx="6" cy="6" r="3.6" />`,
  draining: () => line("M6 1v6m-2.8-2.6L6 7.2l2.8-2.8M1.8 10.4h8.4"),
  quarantined: () => line("M6 1 10.4 2.6v3C10.4 8.4 8.4 10.3 6 11.2 3.6 10.3 1.6 8.4 1.6 5.6v-3zM6 3.8v2.6M6 8v.9"),
  dead: () => html`${ring(4.6)}${line("m4.2 4.2 3.6 3.6m0-3.6L4.2 7.8")}`,
  barred: () => html`${ring(4.4)}${line("m3 9 6-6")}`,
  check: () => line("m1.8 6.4 2.8 2.8L10.2 3"),
  cross: () => line("m2.4 2.4 7.2 7.2m0-7.2L2.4 9.6"),
  warning: () => line("M6 1.4 11 10.4H1zM6 4.8v2.6M6 8.6v.6"),
  search: () => html`<circle class="stroke" cx="5" cy="5" r="3.4" />${line("m7.6 7.6 3 3")}`,
  plus: () => line("M6 1.6v8.8M1.6 6h8.8"),
  retry: () => line("M10 4.4A4.4 4.4 0 1 0 10.3 7M10.3 1.6v2.8H7.5"),
  copy: () => line("M4 3.6V1.4h6.6v6.6H8.2M1.4 3.8h6.4v6.8H1.4z"),
  chevron: () => line("m2.6 4.2 3.4 3.6 3.4-3.6"),
  up: () => line("m2.6 7.8 3.4-3.6 3.4 3.6"),
  download: () => line("M6 1v6m-2.8-2.6L6 7.2l2.8-2.8M1.8 10.4h8.4"),
  dark: () => solid("M5 1.2A5 5 0 1 0 10.9 7.4 4.2 4.2 0 0 1 5 1.2z"),
  light: () => html`<circle class="solid" cx="6" cy="6" r="2.4" />${line("M6 .6v1.6M6 9.8v1.6M.6 6h1.6M9.8 6h1.6M2.2 2.2l1 1M8.8 8.8l1 1M2.2 9.8l1-1M8.8 3.2l1-1")}`,
  system: () => html`${ring(4.6)}${solid("M6 1.4a4.6 4.6 0 0 1 0 9.2z")}`,
  more: () => html`${[2, 6, 10].map((x) => html`<circle class="solid" cx=${x} cy="6" r="1.2" />`)}`,
  overview: () => solid("M1 1h4.4v4.4H1zM6.6 1H11v4.4H6.6zM1 6.6h4.4V11H1zM6.6 6.6H11V11H6.6z"),
  jobs: () => line("M1.2 2.6h9.6M1.2 6h9.6M1.2 9.4h9.6"),
  silos: () => line("M1.4 1.4h9.2v3.8H1.4zM1.4 6.8h9.2v3.8H1.4zM3.2 3.3h1M3.2 8.7h1"),
};

/** An icon of 12 px, drawn in the text's colour. */
export function Icon({ name, size = 12 }) {
  const draw = icons[name];
  return draw
    ? html`<svg class="icon" width=${size} height=${size} viewBox="0 0 12 12" aria-hidden="true" focusable="false">${draw()}</svg>`
    : null;
}

/** The sign of the product: a few leases in a row. */
export function Brand() {
  return html`<img class="brand-sign" src="favicon.svg" width="20" height="20" alt="" />`;
}
