import { html } from "../html.js";
import { count, counted, donePercent } from "../format.js";
import { Steady } from "./steady.js";

/** The parts of a job's units, in the order they are drawn. */
export function unitParts(job) {
  const { units, state } = job;
  const isSkipping = job.options?.onUnitFailure === "skip" || state === "succeeded";
  const lost = units.failed ?? 0;
  return {
    committed: units.done,
    leased: units.leased ?? null,
    retrying: units.retrying ?? null,
    failed: isSkipping ? 0 : lost,
    skipped: units.skipped ?? (isSkipping ? lost : 0),
    pending: units.total === null ? null : Math.max(0, units.total - units.done - lost - (units.leased ?? 0) - (units.retrying ?? 0)),
  };
}

/** The bar: committed, leased now, failed, skipped, and what is left; size is job, row or compact. */
export function Progress({ job, color, size = "row" }) {
  const parts = unitParts(job);
  const total = job.units.total;
  const tone = { paused: "paused", canceled: "canceled", succeeded: "ok", failed: "ok" }[job.state] ?? "running";
  const shown = total
    ? ["committed", "leased", "failed", "skipped"].filter((name) => parts[name] > 0)
    : [];
  const style = color ? { "--bar": color } : undefined;
  return html`<div
    class="progress ${size} ${color && tone === "running" ? "" : tone} ${total && parts.committed + parts.skipped + parts.failed >= total ? "whole" : ""}"
    style=${style}
    role="progressbar"
    aria-label=${`${job.kind}, units committed`}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${total ? Math.floor((job.units.done / total) * 100) : undefined}
    aria-valuetext=${total === null ? "total unknown yet" : `${donePercent(job.units.done, total)}, ${count(job.units.done)} of ${count(total)}`}
  >
    ${shown.map((name) => html`<span key=${name} class="part ${name}" style=${{ "--share": `${(parts[name] / total) * 100}%` }}></span>`)}
  </div>`;
}

/** The exact counts below the bar of a job's header. */
export function Legend({ job }) {
  const parts = unitParts(job);
  const rows = [
    ["committed", parts.committed, job.state === "failed" || job.state === "succeeded" ? "committed ok" : "committed"],
    ["leased now", parts.leased, "leased"],
    ["waiting to retry", parts.retrying, "retrying"],
    ["failed", parts.failed, "failed"],
    ["skipped", parts.skipped, "skipped"],
    [job.finishedAt ? "not started" : "pending", parts.pending, "pending"],
  ].filter(([, value, name]) => value !== null || !["leased", "retrying"].includes(name));
  return html`<div class="legend-row">
    <ul class="legend">
      ${rows.map(
        ([label, value, name]) => html`<li key=${label}><span class="swatch ${name}"></span>${label} <b><${Steady} text=${count(value)} isRight /></b></li>`,
      )}
    </ul>
    <span class="of">of ${job.units.total === null ? "a number not known yet" : counted(job.units.total, "unit")}</span>
  </div>`;
}
