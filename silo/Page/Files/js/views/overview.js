import { useState } from "../../vendor/hooks.mjs";
import { count, counted, donePercent, duration, interval, oneLine, percent, rate, shortInterval, siloName, siloNaming, wholePercent } from "../format.js";
import { useLate, useNarrow, useSettled } from "../hooks.js";
import { html } from "../html.js";
import { useLoad } from "../loading.js";
import { AreaChart, PointTable } from "../parts/areaChart.js";
import { Chip } from "../parts/chip.js";
import { Copy } from "../parts/copy.js";
import { whyUnknown } from "../parts/eta.js";
import { Icon } from "../parts/icons.js";
import { JobFilters, JobTable, NoMatch } from "../parts/jobRows.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { Progress } from "../parts/progress.js";
import { SlotSquares } from "../parts/slotSquares.js";
import { Steady } from "../parts/steady.js";
import { address, jobAddress } from "../router.js";
import { useStore } from "../store.js";

const HOUR = 3_600_000;
const RECENT = 10;
const RUNNING = 8;
const COLORS = 12;
const STATES = [["", "Any state"], ["succeeded", "Succeeded"], ["failed", "Failed"], ["canceled", "Canceled"]];

const colors = new Map();

// The lowest free number when a job starts to run, kept until it leaves the overview.
function colorsOf(running) {
  const ids = new Set(running.map((job) => job.id));
  for (const id of colors.keys()) {
    if (!ids.has(id)) {
      colors.delete(id);
    }
  }
  for (const { id } of running) {
    if (!colors.has(id)) {
      const taken = new Set(colors.values());
      let number = 0;
      while (taken.has(number)) {
        number++;
      }
      colors.set(id, number);
    }
  }
  return (id) => (colors.has(id) ? `var(--s${(colors.get(id) % COLORS) + 1})` : null);
}

/** The landing page. */
export function Overview() {
  const cluster = useStore((state) => state.cluster);
  const silos = useStore((state) => state.silos);
  const open = useStore((state) => state.open);
  const ended = useStore((state) => state.ended);
  const history = useStore((state) => state.history);
  const isWaiting = !cluster || !silos || !open || !ended;
  const isLate = useLate(isWaiting);
  if (isWaiting) {
    return html`<h1 class="hidden">Overview</h1>${isLate ? html`<${Loading} />` : null}`;
  }
  const jobs = Object.values(open).sort((a, b) => Date.parse(a.submittedAt) - Date.parse(b.submittedAt));
  const running = ["running", "decomposing", "paused"].flatMap((state) => jobs.filter((job) => job.state === state));
  const queued = jobs.filter((job) => job.state === "queued");
  const past = Object.values(ended);
  const isNew = jobs.length === 0 && past.length === 0;
  const colorOf = colorsOf(running.filter((job) => job.state !== "paused"));
  return html`<h1 class="hidden">Overview</h1>
    <${Strip} cluster=${cluster} jobs=${jobs} past=${past} isNew=${isNew} />
    <div class="grid">
      ${isNew ? html`<${Empty} slots=${cluster.slots.total} />` : null}
      ${!isNew && history.length > 1 ? html`<${Charts} history=${history} cluster=${cluster} />` : null}
      ${isNew ? null : html`<${Running} running=${running} queued=${queued} cluster=${cluster} colorOf=${colorOf} />`}
      <${SiloPanel} silos=${silos} running=${running} colorOf=${colorOf} />
      ${isNew ? null : html`<${Recent} past=${past} />`}
    </div>`;
}

function Cell({ label, value, unit, children, title }) {
  return html`<div class="kpi" title=${title}><dt>${label}</dt><dd><span class="kpi-value"><${Steady} text=${value} />${unit ? html` <small>${unit}</small>` : null}</span><span class="kpi-detail">${children}</span></dd></div>`;
}

function said(pairs) {
  return pairs.filter(([n]) => n > 0).map(([n, word, tone], i) => html`${i ? " · " : ""}<span class=${tone ?? ""}>${count(n)} ${word}</span>`);
}

function Strip({ cluster, jobs, past, isNew }) {
  const { silos, slots, jobs: states } = cluster;
  const eta = "queueEtaSeconds" in cluster ? cluster.queueEtaSeconds : emptyIn(jobs);
  const [ends, endUnit] = eta ? shortInterval(eta) : ["–", null];
  const waiting = said([[states.running + states.decomposing, "running"], [states.paused, "paused"], [states.queued, "queued"]]);
  const hour = cluster.lastHour ?? countHour(past);
  const all = silos.active + silos.draining + silos.quarantined;
  const notActive = said([[silos.draining, "draining", "warn"], [silos.quarantined, "quarantined", "quar"], [silos.dead, "dead"]]);
  const slotsAway = said([[slots.draining, "more draining"], [slots.quarantined, "in quarantine"]]);
  const unhappy = said([[hour.failed, "failed", "fail"], [hour.canceled, "canceled"], [hour.unitsSkipped, hour.unitsSkipped === 1 ? "unit skipped" : "units skipped"]]);
  return html`<dl class="kpis panel">
    <${Cell} label="Queue empty in" value=${ends} unit=${endUnit} title="When the last job that is open now has ended, 80 % interval">${waiting.length > 0 ? waiting : isNew ? "no job yet" : "no job is open"}</${Cell}>
    <${Cell} label="Slots busy" value=${count(slots.busy)} unit=${`of ${count(slots.total)}`} title="Slots of active silos that compute a unit">${slotsAway.length > 0 ? slotsAway : slots.busy === 0 ? "all idle" : slots.busy >= slots.total ? "all busy" : `${count(slots.total - slots.busy)} idle`}</${Cell}>
    <${Cell} label="Units per second" value=${rate(cluster.unitsPerSecond)} title="Mean over the last two seconds">${cluster.leasesPerSecond ? `${rate(cluster.leasesPerSecond)} leases/s${cluster.countedFraction ? ` · ${percent(cluster.countedFraction)} counted` : ""}` : states.running > 0 ? "of all running jobs" : "nothing to do"}</${Cell}>
    <${Cell} label="Silos" value=${count(silos.active)} unit=${all === silos.active ? "active" : `of ${count(all)} active`}>${notActive.length > 0 ? notActive : html`<span class="ok">all ready</span>`}</${Cell}>
    <${Cell} label="Last hour" value=${`${count(hour.succeeded)}${hour.isCut ? "+" : ""}`} unit="done" title="Jobs that have succeeded in the last hour">${unhappy.length > 0 ? unhappy : isNew ? "no job yet" : "none failed"}</${Cell}>
  </dl>`;
}

// As the silo says it; of one that does not, known only where every open job runs.
function emptyIn(jobs) {
  const ends = jobs.map((job) => (job.state === "running" ? job.etaSeconds : null));
  return ends.length > 0 && ends.every(Boolean)
    ? { low: Math.max(...ends.map((eta) => eta.low)), high: Math.max(...ends.map((eta) => eta.high)) }
    : null;
}

function countHour(past) {
  const recent = past.filter((job) => Date.now() - Date.parse(job.finishedAt) < HOUR);
  const of = (state) => recent.filter((job) => job.state === state);
  const succeeded = of("succeeded");
  return {
    succeeded: succeeded.length,
    failed: of("failed").length,
    canceled: of("canceled").length,
    unitsSkipped: succeeded.reduce((sum, job) => sum + (job.units.failed ?? 0), 0),
    isCut: succeeded.length >= 100,
  };
}

function Charts({ history, cluster }) {
  const isNarrow = useNarrow();
  const capacity = cluster.slots.total;
  const shares = history.filter((point) => point.slots > 0).map((point) => point.busy / point.slots);
  const mean = shares.length > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : null;
  const unitsNow = rate(cluster.unitsPerSecond);
  const average = mean === null ? "" : wholePercent(mean);
  return html`<${Chart} id="units" className="units-chart" title="Units per second" note="last 5 minutes" points=${history} value=${(point) => point.units ?? 0} shown=${rate}
      label=${`Units per second, last 5 minutes: ${unitsNow} now`} />
    <${Chart} id="slots" title="Slots in use" note=${isNarrow ? "last 5 min" : "empty space below the line is idle"} end=${average && !isNarrow ? `${average} over 5 min` : average}
      points=${history} value=${(point) => point.busy ?? 0} shown=${(value) => `${rate(value)} of ${count(capacity)}`} capacity=${capacity} capacityLabel=${counted(capacity, "slot")}
      label=${`Slots in use, last 5 minutes: ${count(cluster.slots.busy)} of ${count(capacity)} now${average ? `, ${average} on average` : ""}`} />`;
}

function Chart({ id, className = "", title, note, end, shown, ...chart }) {
  const [isTable, setTable] = useState(false);
  const button = html`<span>${end}</span><button type="button" class="small" aria-pressed=${isTable} aria-label=${`${title} as table`} onClick=${() => setTable(!isTable)}>As table</button>`;
  return html`<${Panel} id=${id} className=${`chart-panel ${className}`} span=${6} title=${title} note=${note} end=${button}>
    ${isTable ? html`<${PointTable} title=${title} shown=${shown} ...${chart} />` : html`<${AreaChart} ...${chart} />`}
  </${Panel}>`;
}

function Running({ running, queued, cluster, colorOf }) {
  const states = cluster.jobs;
  const note = said([[states.running + states.decomposing, "running"], [states.paused, "paused"]]);
  const next = queued[0];
  return html`<${Panel} id="running" span=${8} title="Running" note=${note} end=${html`<a href="#/jobs">All jobs</a>`} isBleeding className="fill">
    ${running.slice(0, RUNNING).map((job) => html`<${RunningJob} key=${job.id} job=${job} color=${colorOf(job.id)} />`)}
    ${running.length > RUNNING ? html`<p class="panel-foot muted">Showing the first ${RUNNING} of ${counted(running.length, "job")}</p>` : null}
    ${running.length === 0 ? html`<p class="panel-body muted nothing">No job runs. <a href="#/submit">Submit a job</a></p>` : null}
    ${queued.length > 0
      ? html`<div class="panel-foot queue"><span class="chip queued"><${Icon} name="queued" />${count(states.queued)} queued</span>
          <span class="one-line">next: <b>${oneLine(next.kind)}</b> <a class="mono" href=${jobAddress(next.id)}>${oneLine(next.id).slice(0, 8)}</a>${next.waiting ? `, ${oneLine(next.waiting)}` : ""}</span>
          <a class="end" href="#/jobs?state=queued">All queued</a></div>`
      : null}
  </${Panel}>`;
}

function RunningJob({ job, color }) {
  const rates = useStore((state) => state.rates);
  const { units } = job;
  const facts =
    job.state === "decomposing"
      ? [units.listed ? `${count(units.listed)} items listed so far` : "items are being listed", duration(job.elapsedSeconds)]
      : [
          html`<${Steady} text=${count(units.done)} /> of ${counted(units.total, "unit")}`,
          job.state === "running" && rates[job.id] !== undefined ? html`<${Steady} text=${rate(rates[job.id])} /> units/s` : null,
          job.state === "paused" ? "no slots" : job.slotsBusy ? counted(job.slotsBusy, "slot") : null,
          units.failed > 0 ? `${counted(units.failed, "unit")} failed` : null,
        ];
  const left = job.etaSeconds && job.state === "running" ? html`<b>${interval(job.etaSeconds)}</b> left` : oneLine(whyUnknown(job));
  return html`<article class="run" data-row>
    <div class="run-head"><span class="swatch ${color ? "" : "hollow"}" style=${color ? { "--fill": color } : undefined}></span>
      <b class="run-kind">${oneLine(job.kind)}</b><a class="mono one-line" href=${jobAddress(job.id)}>${oneLine(job.id)}</a>
      ${job.state === "running" ? null : html`<${Chip} state=${job.state} reason=${job.stateReason?.text} />`}
      <span class="end run-left">${left}</span></div>
    <div class="run-bar"><${Progress} job=${job} color=${color ?? "var(--control)"} /><b class="run-share">${donePercent(units.done, units.total)}</b></div>
    <p class="run-facts"><span class="run-left-narrow">${left}</span><span>${facts.filter(Boolean).map((fact, i) => html`${i ? " · " : ""}${fact}`)}</span></p>
  </article>`;
}

function SiloPanel({ silos, running, colorOf }) {
  const naming = siloNaming(silos.map((silo) => silo.silo));
  const computing = running.filter((job) => job.state === "running");
  const color = computing.length === 1 ? colorOf(computing[0].id) : "var(--text3)";
  const shown = silos.filter((silo) => silo.state !== "dead").slice(0, 12);
  return html`<${Panel} id="silos" span=${4} title="Silos" note=${`a square is a slot${computing.length === 1 ? ", coloured by job" : ""}`} end=${html`<a href="#/silos">All ${count(silos.length)}</a>`} isBleeding className="fill">
    <ul class="silo-list">
      ${shown.map((silo) => {
        const memory = silo.memoryLimitBytes > 0 ? silo.memoryBytes / silo.memoryLimitBytes : null;
        const reason = silo.reason?.text ?? (silo.state === "active" ? null : silo.state);
        return html`<li key=${silo.silo}>
          <span class="state-icon ${silo.state}"><${Icon} name=${silo.state} /><span class="hidden">${silo.state}</span></span>
          <span class="silo-name" title=${silo.silo}>${siloName(silo.silo, naming)} ${reason ? html`<span class="reason ${silo.state}">${oneLine(reason)}</span>` : null}</span>
          <${SlotSquares} slots=${silo.slots} running=${silo.running} color=${color} colors=${silo.slotJobs?.map((id) => id && (colorOf(id) ?? "var(--other)"))} />
          <span class="silo-facts"><span>${rate(silo.unitsPerSecond)} units/s</span><span title="Speed: units per slot-second against the cluster's mean, same job.">speed ${silo.speed ? `${silo.speed.toFixed(2)}×` : "–"}</span><span>CPU ${wholePercent(silo.cpu)}</span><span>memory ${wholePercent(memory)}</span></span>
        </li>`;
      })}
    </ul>
    ${shown.length < silos.length ? html`<p class="panel-foot muted">Showing ${count(shown.length)} of ${counted(silos.length, "silo")}</p>` : null}
  </${Panel}>`;
}

function Recent({ past }) {
  const isNarrow = useNarrow();
  const total = useStore((state) => state.endedTotal);
  const [filters, setFilters] = useState({});
  const text = useSettled(filters.text ?? "");
  const isAsked = Boolean(text || filters.kind);
  const kinds = [...new Set(past.map((job) => job.kind))].sort();
  const found = useLoad(isAsked ? `/api/jobs?${new URLSearchParams({ limit: "50", text, kind: filters.kind ?? "", state: filters.state ?? "" })}` : null);
  const source = isAsked ? (found.data?.items ?? []).filter((job) => job.finishedAt) : past.filter((job) => !filters.state || job.state === filters.state);
  const jobs = [...source].sort((a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt)).slice(0, RECENT);
  const all = isAsked || filters.state ? null : total;
  const change = (patch) => setFilters((old) => ({ ...old, ...patch }));
  const isFiltered = Boolean(filters.text || filters.kind || filters.state);
  const isEmpty = jobs.length === 0 && (!isAsked || found.data);
  return html`<${Panel} id="recent" title="Recent jobs" end=${html`<${JobFilters} name="recent-state" filters=${filters} states=${STATES} kinds=${kinds} onChange=${change} />`} isBleeding className="recent overview-recent">
    ${jobs.length > 0 ? html`<${JobTable} jobs=${jobs} label="Recent jobs" isEnded isNarrow=${isNarrow} />` : null}
    ${isEmpty ? (isFiltered ? html`<${NoMatch} filters=${filters} onClear=${() => setFilters({})} />` : html`<p class="panel-body muted">No job has ended yet.</p>`) : null}
    ${jobs.length > 0
      ? html`<p class="panel-foot muted">Showing the last ${count(jobs.length)}${all === null ? "" : ` of ${counted(Math.max(all, jobs.length), "job")} kept`}${all !== null && all <= jobs.length ? null : html`<a class="end" href=${address("/jobs", filters)}>Show more</a>`}</p>`
      : null}
  </${Panel}>`;
}

function Empty({ slots }) {
  const command = "orleanswork run primes --to 20000000";
  return html`<section class="panel span-8 empty" aria-labelledby="empty-title">
    <div class="empty-rows" aria-hidden="true">${Array.from({ length: Math.min(6, Math.max(3, slots)) }, () => html`<span></span>`)}</div>
    <h2 id="empty-title">The cluster is ready. No job has run yet.</h2>
    <p>Run this where you started it; the slots fill here as it works.</p>
    <div class="empty-command"><code>${command}</code><${Copy} text=${command} /></div>
    <p class="muted">or <a href="#/submit">fill in a form</a> · or write your own kind: docs/jobs.md</p>
  </section>`;
}

function Loading() {
  const kpi = [["92px", 12], ["120px", 26], ["160px", 12]];
  const row = [["260px", 14], ["93%", 10], ["41%", 12]];
  return html`<div class="loading">
    <div class="kpis panel">${[1, 2, 3, 4, 5].map(() => html`<div class="kpi"><${Skeleton} lines=${kpi} /></div>`)}</div>
    <div class="grid">
      ${[1, 2].map(() => html`<div class="panel span-6 panel-body"><${Skeleton} lines=${[["140px", 14], ["100%", 142]]} /></div>`)}
      <div class="panel span-8 panel-body"><${Skeleton} lines=${[["80px", 14], ...row, ...row, ...row]} /></div>
      <div class="panel span-4 panel-body"><${Skeleton} lines=${[["60px", 14], ["150px", 14], ["300px", 12], ["150px", 14], ["300px", 12], ["150px", 14], ["300px", 12]]} /></div>
    </div>
  </div>`;
}
