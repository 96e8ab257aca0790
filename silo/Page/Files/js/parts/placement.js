import { colorOf } from "../colors.js";
import { NONE, percent, siloName } from "../format.js";
import { html } from "../html.js";

const OPACITIES = { explored: 0.55, "only-one-with-room": 0.28, "kept-for-canary": 0.28 };
const WORDS = { "fastest-of-cold": "fastest of the cold", "only-one-with-room": "only one with room", "soonest-served": "would serve it soonest", "first-to-finish": "first to finish it", none: "not known" };
const STEPS = [0.5, 1, 2, 5, 10, 20, 25, 50];

/** The share of units of each silo, cut by the reason of its leases; a line where it would be fair by its speed. */
export function Placement({ silos, view }) {
  const shares = sharesOf(silos);
  const rules = rulesOf(silos);
  const most = mostOf([shares]);
  const step = STEPS.find((candidate) => most / candidate <= 5) ?? 50;
  return html`<div class="placement">
      <ul>${shares.map((one) => html`<li key=${one.silo.silo}><span class="one-line" title=${one.silo.silo}>${siloName(one.silo.silo, view.naming)}</span>
        <${Bar} one=${one} rules=${rules} most=${most} view=${view} /><span class="number">${percent(one.share)}</span></li>`)}</ul>
      <p class="placement-axis" aria-hidden="true"><span></span><span class="ticks">${Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => html`<span key=${i} style=${{ "--at": `${((i * step) / most) * 100}%` }}>${i * step}</span>`)}</span><span>%</span></p>
    </div>
    ${rules.length > 0 ? html`<ul class="legend placement-legend">${rules.map((rule) => html`<li key=${rule.name}><svg class="rule-swatch" width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" opacity=${rule.opacity} /></svg>${WORDS[rule.name] ?? rule.name.replaceAll("-", " ")}</li>`)}</ul>` : null}`;
}

/** The same of two jobs, the first to the left. */
export function MirroredPlacement({ a, b, view }) {
  const [left, right] = [a, b].map(sharesOf);
  const keyOf = (silo) => silo.split("@")[0];
  const find = (list, key) => list.find((one) => keyOf(one.silo.silo) === key);
  const keys = [...new Set([...left, ...right].map((one) => keyOf(one.silo.silo)))].sort((x, y) => x.localeCompare(y, "en", { numeric: true }));
  const rules = rulesOf([...a, ...b]);
  const most = mostOf([left, right]);
  return html`<ul class="mirrored">${keys.map((key) => {
    const [l, r] = [find(left, key), find(right, key)];
    return html`<li key=${key}><span class="number">${percent(l?.share)}</span>${l ? html`<${Bar} one=${l} rules=${rules} most=${most} view=${view} isMirrored=${true} />` : html`<span class="muted">${NONE}</span>`}
      <span class="one-line middle" title=${key}>${siloName(key, view.naming)}</span>${r ? html`<${Bar} one=${r} rules=${rules} most=${most} view=${view} />` : html`<span class="muted">${NONE}</span>`}<span class="number">${percent(r?.share)}</span></li>`;
  })}</ul>`;
}

function Bar({ one, rules, most, view, isMirrored = false }) {
  const { silo, share } = one;
  const leases = Object.values(silo.placement ?? {}).reduce((sum, count) => sum + count, 0);
  const scale = (part) => (part / most) * 10_000;
  let at = 0;
  const parts = leases > 0 ? rules.filter((rule) => silo.placement[rule.name] > 0).map((rule) => ({ ...rule, part: (silo.placement[rule.name] / leases) * share })) : [{ name: "", opacity: 1, part: share }];
  const x = (from, wide) => `${isMirrored ? 100 - from - wide : from}%`;
  const fair = silo.fairShare === null || silo.fairShare === undefined ? null : scale(silo.fairShare);
  const said = [`${percent(share)} of the units`, fair === null ? null : `fair by speed ${percent(silo.fairShare)}`, ...parts.filter((part) => part.name).map((part) => `${WORDS[part.name] ?? part.name.replaceAll("-", " ")} ${percent(silo.placement[part.name] / leases)}`)];
  return html`<svg class="share-bar" style=${{ "--fill": colorOf(silo.silo, view.names) }} role="img" aria-label=${said.filter(Boolean).join(", ")}><title>${said.filter(Boolean).join(", ")}</title>
    ${parts.map((part) => {
      const wide = scale(part.part);
      const from = at;
      at += wide;
      return html`<rect key=${part.name} x=${x(from, wide)} y="4" width=${`${Math.max(0, wide)}%`} height="12" opacity=${part.opacity} />`;
    })}
    ${fair === null ? null : html`<line class="fair" x1=${x(fair, 0)} x2=${x(fair, 0)} y1="1" y2="19" />`}
  </svg>`;
}

function sharesOf(silos) {
  const all = silos.reduce((sum, silo) => sum + silo.units, 0);
  return silos.map((silo) => ({ silo, share: all > 0 ? silo.units / all : 0 }));
}

// In percent, with room for the lines.
function mostOf(lists) {
  return Math.max(1, ...lists.flat().map((one) => Math.max(one.share, one.silo.fairShare ?? 0) * 105));
}

function rulesOf(silos) {
  const counts = new Map();
  for (const silo of silos) {
    for (const [name, leases] of Object.entries(silo.placement ?? {})) {
      counts.set(name, (counts.get(name) ?? 0) + leases);
    }
  }
  let rank = 0;
  return [...counts]
    .sort(([x, m], [y, n]) => (OPACITIES[y] ?? 1) - (OPACITIES[x] ?? 1) || n - m)
    .map(([name]) => ({ name, opacity: OPACITIES[name] ?? [1, 0.75, 0.42][Math.min(rank++, 2)] }));
}
