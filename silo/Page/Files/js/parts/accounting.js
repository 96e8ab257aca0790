import { colorOf } from "../colors.js";
import { count, duration, siloName } from "../format.js";
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
const HATCHED = ["elsewhere", "retry", "spec"];

/** Where the time of the slots went. */
export function Accounting({ account }) {
  const shares = sharesOf(account);
  return html`<p class="caption">${count(account.slotSeconds)} slot-seconds: slots × the time each was there; adds up to 100.0 %</p>
    <${AccountBar} account=${account} />
    <ul class="account-legend">${PARTS.map(
      ([key, name, tone], i) => html`<li key=${key}><span class="account-swatch a-${tone}"></span>${name}<b>${shares[i].toFixed(1)} %</b><span class="muted">${duration(account[key])}</span></li>`,
    )}</ul>`;
}

/** The same by silos, a bar each. */
export function SiloAccounting({ silos, view }) {
  return html`<ul class="account-rows">${silos
      .filter((silo) => silo.accounting?.slotSeconds > 0)
      .map((silo) => html`<li key=${silo.silo}><span class="with-swatch" title=${silo.silo}><span class="swatch" style=${{ "--fill": colorOf(silo.silo, view.names) }}></span>${siloName(silo.silo, view.naming)}</span><${AccountBar} account=${silo.accounting} isLow=${true} /><span class="number">${duration(silo.accounting.slotSeconds)}</span></li>`)}</ul>
    <${AccountNames} accounts=${silos.map((silo) => silo.accounting)} />`;
}

/** The bar alone; half where it has half of the view's width. */
export function AccountBar({ account, isLow = false, isHalf = false }) {
  const isNarrow = useNarrow(600);
  const isMiddling = useNarrow(1000);
  const least = isNarrow ? 20 : isMiddling || isHalf ? 12 : 6;
  const shares = sharesOf(account);
  const label = PARTS.map(([, name], i) => `${name} ${shares[i].toFixed(1)} %`).join(", ");
  return html`<div class="account-bar ${isLow ? "low" : ""}" role="img" aria-label=${label} title=${isLow ? label : undefined}>
    ${PARTS.map(([key, , tone], i) => (account[key] > 0 ? html`<span key=${key} class="account-part a-${tone}" style=${{ "--share": shares[i] }}>${!isLow && shares[i] > least && !HATCHED.includes(tone) ? html`<span>${shares[i].toFixed(1)} %</span>` : null}</span>` : null))}
  </div>`;
}

/** What the colours of bars stand for, as far as they have any of it. */
export function AccountNames({ accounts }) {
  const used = PARTS.filter(([key]) => accounts.some((account) => account?.[key] > 0));
  return html`<ul class="legend account-names">${used.map(([key, name, tone]) => html`<li key=${key}><span class="account-swatch a-${tone}"></span>${name}</li>`)}</ul>`;
}

/** The names of the parts by their keys. */
export const PART_NAMES = Object.fromEntries(PARTS.map(([key, name]) => [key, name]));

function sharesOf(account) {
  return rounded(PARTS.map(([key]) => account[key] / account.slotSeconds));
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
