import { colorOf } from "../colors.js";
import { count, fine, NONE, percent, siloName } from "../format.js";
import { html } from "../html.js";
import { Table } from "./table.js";

const SLOW = 0.8;

/** How long leases took on each silo, on one axis for all, and how fast the silos are. */
export function Percentiles({ silos, view }) {
  const axis = axisOf(silos);
  const columns = [
    {
      key: "silo",
      label: "Silo",
      sort: (silo) => silo.silo,
      cell: (silo) => html`<span class="with-swatch" title=${silo.silo}><span class="swatch" style=${{ "--fill": colorOf(silo.silo, view.names) }}></span><b>${siloName(silo.silo, view.naming)}</b></span>`,
    },
    { key: "strip", label: "Lease time ● p50 │ p90 ○ p99", priority: 1, cell: (silo) => html`<${Strip} silo=${silo} axis=${axis} color=${colorOf(silo.silo, view.names)} />` },
    ...["p50", "p90", "p99"].map((name) => ({ key: name, label: name, isNumber: true, sort: (silo) => silo.leaseSeconds?.[name], cell: (silo) => fine(silo.leaseSeconds?.[name]) })),
    { key: "each", label: "Per unit", isNumber: true, priority: 2, sort: (silo) => silo.secondsPerUnit, title: "Seconds of a slot a unit, mean", cell: (silo) => fine(silo.secondsPerUnit) },
    { key: "speed", label: "Speed", priority: 2, title: "Units per slot-second against the mean of all silos, same job", sort: (silo) => silo.speed, cell: (silo) => html`<${Speed} speed=${silo.speed} />` },
    { key: "units", label: "Units", isNumber: true, sort: (silo) => silo.units, cell: (silo) => count(silo.units) },
    { key: "wasted", label: "Wasted", isNumber: true, priority: 1, title: "Of the time its slots worked for the job", sort: (silo) => wastedOf(silo), cell: (silo) => html`<span class=${wastedOf(silo) > 0.05 ? "fail" : ""}>${percent(wastedOf(silo))}</span>` },
  ];
  return html`<${Table} className="percentiles" label="Lease time by silo" columns=${columns} rows=${silos} idOf=${(silo) => silo.silo} />`;
}

/** The axis of all strips: the shortest and the longest that it shows, in seconds; null when no lease has ended. */
export function axisOf(silos) {
  const known = silos.map((silo) => silo.leaseSeconds).filter(Boolean);
  if (known.length === 0) {
    return null;
  }
  const low = Math.max(1e-7, Math.min(...known.map((seconds) => seconds.p50)));
  const high = Math.max(low * 1.5, ...known.map((seconds) => seconds.p99));
  // Where they are far apart, each step is ten times the one before.
  const isLog = high / low > 30;
  const pad = isLog ? 0 : (high - low) * 0.1;
  return { low: isLog ? low / 1.2 : Math.max(0, low - pad), high: isLog ? high * 1.2 : high + pad, isLog };
}

/** Says an axis. */
export function axisText(axis) {
  return axis ? `axis ${fine(axis.low)} to ${fine(axis.high)}${axis.isLog ? ", by powers of ten" : ""}` : "";
}

function place({ low, high, isLog }, seconds) {
  const share = isLog ? Math.log(seconds / low) / Math.log(high / low) : (seconds - low) / (high - low);
  return `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
}

function Strip({ silo, axis, color }) {
  const seconds = silo.leaseSeconds;
  if (!seconds || !axis) {
    return html`<span class="muted">${NONE}</span>`;
  }
  const [p50, p90, p99] = [seconds.p50, seconds.p90, seconds.p99].map((at) => place(axis, Math.max(at, 1e-7)));
  return html`<svg class="strip" style=${{ "--fill": color }} role="img" aria-label=${`Half of its leases took ${fine(seconds.p50)} at most, 90 % ${fine(seconds.p90)}, 99 % ${fine(seconds.p99)}, the longest ${fine(seconds.max)}`}>
    ${["0%", "25%", "50%", "75%", "100%"].map((at) => html`<line key=${at} class="gridline" x1=${at} x2=${at} y1="2" y2="18" />`)}
    <line class="strip-line" x1=${p50} x2=${p99} y1="10" y2="10" /><circle class="strip-dot" cx=${p50} cy="10" r="4" /><line class="strip-line" x1=${p90} x2=${p90} y1="5" y2="15" /><circle class="strip-ring" cx=${p99} cy="10" r="3.5" />
  </svg>`;
}

function Speed({ speed }) {
  if (speed === null || speed === undefined) {
    return html`<span class="muted">${NONE}</span>`;
  }
  const at = Math.min(1.5, Math.max(0.5, speed)) - 0.5;
  return html`<span class="speed"><svg class="speed-bar ${speed < SLOW ? "slow" : ""}" aria-hidden="true"><rect x=${`${Math.min(at, 0.5) * 100}%`} y="6" width=${`${Math.abs(at - 0.5) * 100}%`} height="8" /><line class="speed-mean" x1="50%" x2="50%" y1="3" y2="17" /></svg><span>${speed.toFixed(2)}×</span></span>`;
}

function wastedOf(silo) {
  return silo.wastedSeconds === null || silo.wastedSeconds === undefined || !(silo.busySeconds > 0) ? null : silo.wastedSeconds / silo.busySeconds;
}
