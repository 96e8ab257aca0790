import { duration } from "../format.js";
import { useNarrow } from "../hooks.js";
import { html } from "../html.js";

/** The parts of a job's time, in the order in which they are always shown. */
const PARTS = [
  ["compute", "Compute", "compute"],
  ["queue", "Queue on silo", "queue"],
  ["transfer", "Transfer", "transfer"],
  ["combine", "Combine", "combine"],
  ["otherJobs", "Other jobs", "other"],
  ["idleNoWork", "Idle, no work", "idle"],
  ["idleWorkElsewhere", "Idle, work elsewhere", "elsewhere"],
  ["wastedRetry", "Wasted by retry", "retry"],
  ["wastedSpeculation", "Wasted by speculation", "spec"],
];

/** Where the time of the slots went. */
export function Accounting({ account }) {
  const isNarrow = useNarrow(600);
  const isMiddling = useNarrow(1000);
  const least = isNarrow ? 20 : isMiddling ? 11 : 6;
  const shares = rounded(PARTS.map(([key]) => account[key] / account.slotSeconds));
  const label = PARTS.map(([, name], i) => `${name} ${shares[i].toFixed(1)} %`).join(", ");
  return html`<p class="caption">${duration(account.slotSeconds)} of slots’ time</p>
    <div class="account-bar" role="img" aria-label=${label}>
      ${PARTS.map(([key, , tone], i) => (account[key] > 0 ? html`<span key=${key} class="account-part a-${tone}" style=${{ "--share": shares[i] }}>${shares[i] > least && !["elsewhere", "retry", "spec"].includes(tone) ? html`<span>${shares[i].toFixed(1)} %</span>` : null}</span>` : null))}
    </div>
    <ul class="account-legend">${PARTS.map(
      ([key, name, tone], i) => html`<li key=${key}><span class="account-swatch a-${tone}"></span>${name}<b>${shares[i].toFixed(1)} %</b><span class="muted">${duration(account[key])}</span></li>`,
    )}</ul>`;
}

// By largest remainder, so that the figures add up to 100.0.
function rounded(shares) {
  const tenths = shares.map((share) => (Number.isFinite(share) ? share * 1000 : 0));
  const whole = tenths.map(Math.floor);
  const missing = Math.max(0, 1000 - whole.reduce((sum, part) => sum + part, 0));
  const order = tenths.map((part, i) => [part - whole[i], i]).sort((a, b) => b[0] - a[0]);
  for (const [, i] of order.slice(0, missing)) {
    whole[i]++;
  }
  return whole.map((part) => part / 10);
}
