import { useState } from "../../vendor/hooks.mjs";
import { common, makespan, measures, verdict } from "../compared.js";
import { count, duration, NONE, oneLine, siloNaming, time } from "../format.js";
import { useLate } from "../hooks.js";
import { html } from "../html.js";
import { useLeases, useLoad } from "../loading.js";
import { AccountBar, AccountNames } from "../parts/accounting.js";
import { Banner } from "../parts/banner.js";
import { Chip, Tag } from "../parts/chip.js";
import { ComparedStreams } from "../parts/comparedStreams.js";
import { Icon } from "../parts/icons.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { MirroredPlacement } from "../parts/placement.js";
import { ReportButton } from "../parts/reportButton.js";
import { address, go, jobAddress, replaceParams } from "../router.js";

const SHOWN = ["placement", "execution", "chunkTime", "chunkUnits", "maxParallel", "priority", "speculation"];

/** Two jobs side by side, on one time scale. */
export function Compare({ route }) {
  const { a = "", b = "" } = route.params;
  const one = useLoad(a ? `/api/jobs/${encodeURIComponent(a)}` : null);
  const other = useLoad(b ? `/api/jobs/${encodeURIComponent(b)}` : null);
  const isWaiting = (a && !one.data && !one.error) || (b && !other.data && !other.error);
  const isLate = useLate(Boolean(isWaiting));
  if (one.data && other.data && a && b) {
    return html`<${Both} key=${`${a} ${b}`} a=${one.data} b=${other.data} onAgain=${() => [one, other].forEach((job) => job.reload())} />`;
  }
  if (isWaiting) {
    return html`<h1 class="hidden">Compare</h1>${isLate ? html`<div class="panel panel-body"><${Skeleton} lines=${[["160px", 28], ["100%", 44], ["100%", 220]]} /></div>` : null}`;
  }
  return html`<${Choose} a=${a} b=${b} found=${{ a: one.data, b: other.data }} errors=${{ a: one.error, b: other.error }} />`;
}

function Choose({ a, b, found, errors }) {
  const [ids, setIds] = useState({ a, b });
  const recent = useLoad("/api/jobs?limit=50");
  const submit = (event) => {
    event.preventDefault();
    go(address("/compare", { a: ids.a.trim(), b: ids.b.trim() }));
  };
  const problem = (name) => {
    const error = errors[name];
    return !error ? null : [400, 404].includes(error.status) ? `No job ${oneLine({ a, b }[name])} here. It may have been forgotten.` : oneLine(error.message);
  };
  const known = found.a ?? found.b;
  const offered = (recent.data?.items ?? []).filter((job) => job.id !== known?.id && (!known || job.kind === known.kind));
  const pick = (id) => go(address("/compare", found.a ? { a, b: id } : found.b ? { a: id, b } : ids.a && ids.a !== id ? { a: ids.a, b: id } : { a: id }));
  return html`<div class="title-row"><div class="title-main"><h1>Compare</h1><p class="facts">Two jobs on one time scale: what differs, and why one ended sooner. In lists of jobs, <kbd>x</kbd> marks one, and on a second one compares them.</p></div></div>
    <form class="panel panel-body compare-form" onSubmit=${submit}>
      ${["a", "b"].map((name) => {
        const text = problem(name);
        return html`<div key=${name} class=${`field ${text ? "wrong" : ""}`}><label for=${`job-${name}`}>Job ${name.toUpperCase()}</label>
          <input id=${`job-${name}`} class="input mono" autocomplete="off" placeholder="id" value=${ids[name]} aria-invalid=${text ? "true" : undefined} aria-describedby=${text ? `job-${name}-hint` : undefined} onInput=${(event) => setIds({ ...ids, [name]: event.target.value })} />
          ${text ? html`<p class="hint problem" id=${`job-${name}-hint`} role="alert"><${Icon} name="cross" size=${10} />${text}</p>` : found[name] ? html`<p class="hint">${oneLine(found[name].kind)}, ${found[name].state}</p>` : null}</div>`;
      })}
      <button class="primary" disabled=${!ids.a.trim() || !ids.b.trim() || ids.a.trim() === ids.b.trim()}>Compare</button>
    </form>
    ${recent.data && offered.length === 0 ? html`<p class="panel-body nothing">${known ? `No other job of the kind ${oneLine(known.kind)} is kept.` : "No job has run yet."} <a href=${known ? address("/submit", { from: known.id }) : "#/submit"}>${known ? "Run it again with other options" : "Submit a job"}</a></p>` : null}
    ${offered.length > 0
      ? html`<${Panel} id="offered" title=${known ? `Other jobs of ${oneLine(known.kind)}` : "Recent jobs"} note="choose one" isBleeding>
          <ul class="rows offered">${offered.map((job) => html`<li key=${job.id}><button type="button" class="offer" onClick=${() => pick(job.id)}><${Chip} state=${job.state} /><b>${oneLine(job.kind)}</b><span class="mono">${oneLine(job.id)}</span><span class="muted">${job.placement ?? NONE}</span><span class="end">${duration(job.elapsedSeconds)}</span><span class="muted">${time(job.finishedAt ?? job.submittedAt)}</span></button></li>`)}</ul></${Panel}>`
      : null}`;
}

function Both({ a, b, onAgain }) {
  const names = [...new Set([...a.silos, ...b.silos].map((silo) => silo.silo))];
  const view = { naming: siloNaming(names.map((name) => name.split("@")[0])), names, silos: [] };
  const shared = common(a, b);
  const told = verdict(a, b, view);
  const rows = measures(a, b);
  const isOpen = !a.finishedAt || !b.finishedAt;
  const isWon = told.title.endsWith("sooner.");
  const streams = [useStream("A", a), useStream("B", b)];
  const missing = streams.find((stream) => stream.leases?.granted === 0);
  const accounts = [a, b].filter((job) => job.accounting?.slotSeconds > 0);
  return html`<div class="title-row compare-title">
      <div class="title-main inline"><h1>Compare</h1><span class="tags">${shared.tags.map((text) => html`<${Tag} key=${text}>${text}</${Tag}>`)}</span></div>
      <div class="title-end actions">
        ${isOpen ? html`<button type="button" onClick=${onAgain}><${Icon} name="retry" />Read again</button>` : null}
        <button type="button" onClick=${() => replaceParams("/compare", { a: b.id, b: a.id })}>Swap A and B</button>
        <${ReportButton} jobs=${[a, b]} />
      </div>
    </div>
    <${Banner} tone=${isWon ? "ok" : "note"} title=${told.title}>${told.text}</${Banner}>
    <div class="grid">
      <${Card} name="A" job=${a} other=${b} /><${Card} name="B" job=${b} other=${a} />
      ${streams.every((stream) => stream.leases?.base) ? (missing ? html`<${Panel} id="streams" title="Task streams"><p class="muted">No leases of ${missing.name} are kept.</p></${Panel}>` : html`<${ComparedStreams} jobs=${streams} view=${view} />`) : null}
      <${Panel} id="measures" title="Measures" note="green where A is better" span=${6} isBleeding>
        <div class="table-wrap"><table class="measures" aria-label="Measures of A and B"><thead><tr><th scope="col">Measure</th><th scope="col" class="number">A</th><th scope="col" class="number">B</th><th scope="col" class="number">A against B</th></tr></thead>
          <tbody>${rows.map((row) => html`<tr key=${row.name}><td title=${row.title}>${row.name}${row.name === "Over lower bound" && shared.isSame && a.lowerBoundSeconds ? html` <span class="muted">(${duration(a.lowerBoundSeconds)})</span>` : null}</td><td class="number"><b>${row.a}</b></td><td class="number">${row.b}</td>
            <td class=${`number ${row.isBetter ? "ok" : "muted"}`}>${row.against}${row.isBetter === null ? null : html`<span class="hidden">, ${row.isBetter ? "A" : "B"} is better</span>`}</td></tr>`)}</tbody></table></div>
      </${Panel}>
      <div class="span-6 stack">
        ${accounts.length > 0
          ? html`<${Panel} id="accounts" title="Where the time went" note=${[["A", a], ["B", b]].filter(([, job]) => job.accounting?.slotSeconds > 0).map(([name, job]) => `${name} ${count(job.accounting.slotSeconds)}`).join(" and ") + " slot-seconds"}>
              ${[["A", a], ["B", b]].map(([name, job]) => html`<div key=${name} class="account-of"><b>${name}</b>${job.accounting?.slotSeconds > 0 ? html`<${AccountBar} account=${job.accounting} isHalf=${true} />` : html`<span class="muted">not known</span>`}</div>`)}
              <${AccountNames} accounts=${accounts.map((job) => job.accounting)} /></${Panel}>`
          : null}
        ${a.silos.length + b.silos.length > 0 ? html`<${Panel} id="placed" title="Placement" note="share of units, A left and B right; line: fair by speed"><${MirroredPlacement} a=${a.silos} b=${b.silos} view=${view} /></${Panel}>` : null}
      </div>
    </div>`;
}

function useStream(name, job) {
  const { leases, version } = useLeases(job.id, false);
  return { name, job, leases, version };
}

function Card({ name, job, other }) {
  const says = SHOWN.map((option) => [option, job.options[option], other.options[option]])
    .filter(([option, value, theirs], i) => i < 3 ? value !== null && value !== undefined : JSON.stringify(value) !== JSON.stringify(theirs))
    .map(([option, value, theirs]) => {
      const words = option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      const text = value === null ? "none" : value === true ? "on" : value === false ? "off" : String(value);
      return html`${option === "execution" ? "" : `${words} `}${JSON.stringify(value) === JSON.stringify(theirs) ? text : html`<b>${text}</b>`}`;
    });
  return html`<section class="panel span-6 compare-card" aria-label=${`Job ${name}`}><span class="letter" aria-hidden="true">${name}</span>
    <div class="compare-what"><p class="title-line"><b>${oneLine(job.kind)}</b><a class="mono" href=${jobAddress(job.id)}>${oneLine(job.id)}</a><${Chip} state=${job.state} /></p>
      <p class="caption">${says.map((part, i) => html`${i ? " · " : ""}${part}`)}</p></div>
    <b class="compare-time" title="From the first lease to the end">${makespan(job) === null ? NONE : duration(makespan(job))}</b></section>`;
}
