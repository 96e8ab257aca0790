import { render } from "../../vendor/preact.mjs";
import { useMemo, useState } from "../../vendor/hooks.mjs";
import { colorOf } from "../colors.js";
import { commandOf } from "../command.js";
import { makespan } from "../compared.js";
import { count, counted, cut, duration, errorName, fine, NONE, oneLine, percent, rate, showUtc, siloName, siloNaming, timeExact, utc, visible } from "../format.js";
import { html } from "../html.js";
import { parse } from "../json.js";
import { Leases } from "../leases.js";
import { changedOptions, compact, optionTags } from "../options.js";
import { Accounting } from "../parts/accounting.js";
import { Banner } from "../parts/banner.js";
import { Chip, Tag } from "../parts/chip.js";
import { Copy } from "../parts/copy.js";
import { Panel } from "../parts/panel.js";
import { axisOf, axisText, Percentiles } from "../parts/percentiles.js";
import { Placement } from "../parts/placement.js";
import { lengthOf, Stream, unitsOf } from "../parts/stream.js";
import { Toasts } from "../parts/toast.js";
import { traceOf } from "../perfetto.js";

/** What became of one job, from what this file has: nothing is asked of anybody. */
function Report({ report }) {
  const { job } = report;
  const leases = useMemo(() => report.leases.reduce((all, page) => (all.take(page), all), new Leases(job.id)), []);
  const [pinned, setPinned] = useState(null);
  const names = job.silos.map((silo) => silo.silo).concat(leases.silos.map((silo) => silo.silo));
  const speeds = Object.fromEntries(job.silos.filter((silo) => silo.speed > 0).map((silo) => [silo.silo, silo.speed]));
  const view = { naming: siloNaming([...new Set(names)]), names, silos: [], speeds };
  const written = Date.parse(report.writtenAt);
  const end = job.finishedAt ? Date.parse(job.finishedAt) : written;
  const marks = [{ at: end, kind: "end", silo: null, text: job.finishedAt ? "end" : "written" }];
  const command = commandOf({ kind: job.kind, input: report.input, options: changedOptions(job.options) }, " \\\n  ");
  return html`<header class="topbar"><span class="brand"><img class="brand-sign" src=${report.sign} width="20" height="20" alt="" />OrleansWork</span><span class="report-what">job report</span>
      <p class="topbar-end caption">written ${utc(written)} · OrleansWork ${report.version} · this file needs no network</p></header>
    <main id="main" class="report">
      <div class="title-row"><div class="title-main"><div class="title-line"><h1>${oneLine(job.kind)}</h1><${Tag}>v${job.version}</${Tag}><span class="mono id">${oneLine(job.id)}</span><${Chip} state=${job.state} /></div>
        <p class="facts">${facts(job, end)}</p></div>
        ${leases.base ? html`<div class="title-end actions screen-only"><${Copy} text=${() => traceOf(job, leases, end)} label="Copy Perfetto trace" /></div>` : null}</div>
      ${report.cuts.length > 0 ? html`<${Banner} tone="note" title="Left out:">${report.cuts.map(oneLine).join("; ")}.</${Banner}>` : null}
      ${job.error ? html`<${Banner} tone=${job.state === "failed" ? "fail" : "warn"} title=${`${errorName(job.error.type)}:`}><span class="pre">${visible(job.error.message)}</span></${Banner}>` : null}
      <${Figures} job=${job} end=${end} />
      <div class="grid">
        ${leases.base && leases.byName.size > 0
          ? html`<${Panel} id="stream" title="Task stream" note="point at a block for what it was; a click keeps that">
              <${Stream} leases=${leases} version=${leases.version} view=${view} isOpen=${false} until=${end} origin=${leases.base} marks=${marks} colorOf=${(silo) => colorOf(silo, names)} pinned=${pinned} onPin=${setPinned} />
              ${pinned ? html`<${Kept} lease=${pinned} view=${view} end=${end} onClose=${() => setPinned(null)} />` : null}</${Panel}>`
          : null}
        ${job.accounting?.slotSeconds > 0 ? html`<${Panel} id="account" title="Where the time went"><${Accounting} account=${job.accounting} /></${Panel}>` : null}
        ${job.silos.length > 0
          ? html`<${Panel} id="shares" span=${8} title="Lease time by silo" note=${axisText(axisOf(job.silos))} isBleeding><${Percentiles} silos=${job.silos} view=${view} /></${Panel}>
              <${Panel} id="placement" span=${4} title="Placement" note="share of units; line: fair share"><${Placement} silos=${job.silos} view=${view} /></${Panel}>`
          : null}
        ${job.failures.length > 0 ? html`<${Failures} job=${job} view=${view} />` : null}
        <${Panel} id="input" span=${6} title="Input and options">
          <pre class="code" tabindex="0" aria-label="Input">${visible(report.inputText ?? compact(report.input))}</pre><div class="tags">${optionTags(job.options).map((text) => html`<${Tag} key=${text}>${oneLine(text)}</${Tag}>`)}</div></${Panel}>
        <${Panel} id="again" span=${6} title="Run it again" end=${report.inputText ? null : html`<${Copy} text=${command} />`}>
          ${report.inputText ? html`<p>The input is too large to be a command: <code>orleanswork run ${oneLine(job.kind)} --input @FILE</code></p>` : html`<pre class="code" tabindex="0" aria-label="Command">${visible(command)}</pre>`}
          <p class="caption">Same input gives the same result bits, on any number of silos.</p></${Panel}>
        ${report.resultText ? html`<${Panel} id="result" title="Result" note=${job.resultHash ? `SHA-256 ${job.resultHash.slice(0, 16)}…` : null}><pre class="code" tabindex="0" aria-label="Result">${visible(report.resultText)}</pre></${Panel}>` : null}
        <${Log} log=${report.log} view=${view} />
      </div>
    </main><${Toasts} />`;
}

function facts(job, end) {
  const slots = job.silos.reduce((sum, silo) => sum + (silo.slots ?? 0), 0);
  const took = job.startedAt ? (end - Date.parse(job.startedAt)) / 1000 : null;
  const bound = job.lowerBoundSeconds > 0 && makespan(job) ? `; lower bound ${duration(job.lowerBoundSeconds)}, so ${(makespan(job) / job.lowerBoundSeconds).toFixed(2)} × of the best possible` : "";
  return html`${count(job.units.done)} of ${job.units.total === null ? "a number not known yet" : counted(job.units.total, "unit")} in <b>${duration(took)}</b> on ${counted(job.silos.length, "silo")}${slots > 0 ? ` with ${counted(slots, "slot")}` : ""}${bound}`;
}

function Figures({ job, end }) {
  const took = job.startedAt ? (end - Date.parse(job.startedAt)) / 1000 : null;
  const wasted = job.accounting ? job.accounting.wastedRetry + job.accounting.wastedSpeculation : null;
  const cells = [
    ["Makespan", duration(took), job.startedAt ? `${utc(job.startedAt).slice(11, 19)} – ${utc(end).slice(11)}` : "no lease yet"],
    ["Units per second", took > 0 ? rate(job.units.done / took) : NONE, "mean"],
    ["Leases", count(job.leases), job.leases > 0 ? `${rate(job.units.done / job.leases)} units each` : ""],
    ["Attempts", count(job.attempts), `${count(Math.max(0, job.attempts - job.units.done))} more than units done`],
    ["Wasted", wasted === null || !(job.accounting.slotSeconds > 0) ? NONE : percent(wasted / job.accounting.slotSeconds), wasted === null ? "not known" : `${fine(wasted)} of slots’ time`],
    ["Coverage", job.coverage === null ? NONE : percent(job.coverage), job.units.failed > 0 ? `${counted(job.units.failed, "unit")} failed for good` : "no unit failed for good"],
  ];
  return html`<dl class="panel kpis six">${cells.map(([name, value, detail]) => html`<div key=${name} class="kpi"><dt>${name}</dt><dd><span class="kpi-value">${value}</span><span class="kpi-detail">${detail}</span></dd></div>`)}</dl>`;
}

function Kept({ lease, view, end, onClose }) {
  return html`<aside class="lease-card" aria-label=${`Lease ${count(lease.number)}`}>
    <div class="lease-head"><b>Lease ${count(lease.number)}</b> <span class="muted">${lease.outcome}</span><button type="button" class="small" onClick=${onClose}>Close</button></div>
    <p>${unitsOf(lease)} · ${siloName(lease.silo, view.naming)} · slot ${lease.slot} · attempt ${lease.attempt} · epoch ${lease.epoch}</p>
    <p>granted ${timeExact(lease.granted)} UTC · ${fine((lease.started - lease.granted) / 1000)} until its slot · ran ${fine(lengthOf(lease, end) / 1000)} of ${fine(lease.budget / 1000)} allowed</p></aside>`;
}

function Failures({ job, view }) {
  return html`<${Panel} id="failures" title="Failures" note=${counted(job.failures.length, "unit")} isBleeding><div class="table-wrap"><table class="failures" aria-label="Failures"><thead><tr><th scope="col" class="number">Unit</th><th scope="col">Attempts</th><th scope="col">Last error</th><th scope="col">Silo</th></tr></thead>
    <tbody>${job.failures.map((failure) => html`<tr key=${failure.unit}><td class="number"><b>${count(failure.unit)}</b></td><td>${count(failure.attempts)} of ${count(job.options.maxAttempts)}</td><td class="wrap"><b>${errorName(failure.type)}</b> ${cut(oneLine(failure.message))}</td><td>${siloName(failure.silo, view.naming)}</td></tr>`)}</tbody></table></div></${Panel}>`;
}

function Log({ log, view }) {
  return html`<${Panel} id="log" title="Log" note=${log.total > 0 ? `last ${count(log.items.length)} of ${counted(log.total, "line")}, newest first` : null}>
    ${log.items.length === 0 ? html`<p class="muted">No unit has logged anything.</p>` : html`<ul class="log" tabindex="0" aria-label="Log lines">${log.items.map((line) => html`<li key=${line.number}><time title=${utc(line.at)}>${timeExact(line.at)}</time><span class="muted">${line.level}</span><span class="log-silo" title=${line.silo}>${siloName(line.silo, view.naming)}</span><span class="log-unit">${count(line.unit)}</span><span class="log-text pre">${visible(line.text)}</span></li>`)}</ul>`}</${Panel}>`;
}

// Paper is white.
let before = null;
addEventListener("beforeprint", () => {
  before = document.documentElement.getAttribute("data-theme");
  document.documentElement.setAttribute("data-theme", "light");
  dispatchEvent(new Event("repaint"));
});
addEventListener("afterprint", () => {
  document.documentElement.setAttribute("data-theme", before);
  dispatchEvent(new Event("repaint"));
});
showUtc();
render(html`<${Report} report=${parse(document.getElementById("report").textContent)} />`, document.getElementById("app"));
