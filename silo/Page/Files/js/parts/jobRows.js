import { html } from "../html.js";
import { count, donePercent, duration, errorName, NONE, oneLine, time, utc } from "../format.js";
import { jobAddress, go } from "../router.js";
import { useStore } from "../store.js";
import { Chip } from "./chip.js";
import { Icon } from "./icons.js";
import { Segments } from "./segments.js";
import { Table } from "./table.js";

/** An error's message without the id that stands beside it anyway. */
export function withoutId(message) {
  return message.replace(/^Job \S+ (was )?(?=canceled|failed)/, "");
}

/** What a list says of a job's end, or of why it waits. */
export function outcomeOf(job) {
  const { error, units } = job;
  if (job.state === "failed") {
    const unit = error?.unit === null || error?.unit === undefined ? "" : ` in unit ${count(error.unit)}`;
    return `${errorName(error?.type ?? "failed")}${unit}`;
  }
  if (job.state === "canceled") {
    return oneLine(withoutId(error?.message ?? NONE));
  }
  if (job.state === "succeeded") {
    return units.failed > 0 ? `${count(units.failed)} of ${count(units.total)} units skipped` : oneLine(job.resultPreview ?? NONE);
  }
  return oneLine(job.waiting ?? NONE);
}

function Done({ job }) {
  const { done, total, failed } = job.units;
  const tone = job.state === "failed" ? "fail" : job.state === "succeeded" && failed > 0 ? "warn" : "";
  return html`<span class=${tone}>${donePercent(done, total)}</span>`;
}

const columns = (ended) => [
  { key: "state", label: "State", sort: (job) => job.state, cell: (job) => html`<${Chip} state=${job.state} />` },
  { key: "kind", label: "Kind", sort: (job) => job.kind, cell: (job) => html`<b>${oneLine(job.kind)}</b>` },
  {
    key: "job",
    label: "Job",
    sort: (job) => job.id,
    cell: (job) => html`<a class="mono" href=${jobAddress(job.id)} title=${oneLine(job.id)}>${oneLine(job.id)}</a>`,
  },
  { key: "done", label: "Done", isNumber: true, sort: (job) => (job.units.total ? job.units.done / job.units.total : null), cell: (job) => html`<${Done} job=${job} />` },
  {
    key: "outcome",
    label: "Result or cause",
    cell: (job) => html`<span class="one-line" title=${oneLine(job.error?.message ?? outcomeOf(job))}>${outcomeOf(job)}</span>`,
  },
  { key: "placement", label: "Placement", priority: 1, cell: (job) => html`<span class="muted">${job.placement ?? NONE}</span>` },
  { key: "took", label: "Took", isNumber: true, priority: 2, sort: (job) => job.elapsedSeconds, cell: (job) => duration(job.elapsedSeconds) },
  {
    key: "at",
    label: ended ? "Ended" : "Submitted",
    isNumber: true,
    sort: (job) => Date.parse((ended && job.finishedAt) || job.submittedAt),
    cell: (job) => {
      const at = (ended && job.finishedAt) || job.submittedAt;
      return html`<span class="muted" title=${utc(at)}>${time(at)}</span>`;
    },
  },
];

/** Jobs as a table, or as rows of two lines where it is narrow. */
export function JobTable({ jobs, label, isEnded, isNarrow }) {
  const marked = useStore((state) => state.marked);
  if (isNarrow) {
    return html`<ul class="rows">
      ${jobs.map(
        (job) => html`<li key=${job.id} class="row-2" data-row>
          <a href=${jobAddress(job.id)}>
            <span class="row-line"><${Chip} state=${job.state} /><b>${oneLine(job.kind)}</b><span class="end muted">${time((isEnded && job.finishedAt) || job.submittedAt)}</span></span>
            <span class="row-line second"><span class="one-line">${outcomeOf(job) === NONE ? oneLine(job.id) : outcomeOf(job)}</span><span class="end">${duration(job.elapsedSeconds)}</span></span>
          </a>
        </li>`,
      )}
    </ul>`;
  }
  return html`<${Table} className="jobs" label=${label} columns=${columns(isEnded)} rows=${jobs} idOf=${(job) => job.id} rowClass=${(job) => (job.id === marked ? "marked" : "")} onOpen=${(job) => go(jobAddress(job.id))} />`;
}

/** A text field, states and kinds to choose from. */
export function JobFilters({ filters, states, kinds, times, onChange, name }) {
  const select = (label, value, options, change) => html`<label class="select small"><span class="hidden">${label}</span>
    <select value=${value ?? ""} onChange=${(event) => change(event.target.value)}>${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}</select><${Icon} name="chevron" />
  </label>`;
  return html`<div class="filters">
    <label class="searchbox"><${Icon} name="search" /><span class="hidden">Filter by kind, id or error text</span>
      <input type="search" value=${filters.text ?? ""} placeholder="Kind, id or error text" autocomplete="off" onInput=${(event) => onChange({ text: event.target.value })} />
    </label>
    <${Segments} label="State" name=${name} size="small" value=${filters.state ?? ""} options=${states} onChange=${(state) => onChange({ state })} />
    ${select("Kind", filters.kind, [["", "All kinds"], ...kinds.map((kind) => [kind, oneLine(kind)])], (kind) => onChange({ kind }))}
    ${times ? select("Submitted", filters.time, times, (time) => onChange({ time })) : null}
  </div>`;
}

/** What a list says when no job fits its filters. */
export function NoMatch({ filters, onClear }) {
  const said = filters.text ? `“${oneLine(filters.text)}”` : [filters.state, filters.kind].filter(Boolean).map(oneLine).join(" ");
  return html`<div class="panel-body nothing"><p>No job matches ${said || "the filter"}.</p><button class="link" onClick=${onClear}>Clear the filter</button></div>`;
}
