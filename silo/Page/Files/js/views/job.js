import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/hooks.mjs";
import { askCancel, askForget, control, whyNot } from "../actions.js";
import { send } from "../api.js";
import { colorOf } from "../colors.js";
import { commandOf } from "../command.js";
import { download } from "../download.js";
import { bytes, count, counted, cut, donePercent, duration, errorName, oneLine, percent, rate, siloName, siloNaming, time, timeExact, utc, visible } from "../format.js";
import { useLate, useNow, useSettled } from "../hooks.js";
import { html } from "../html.js";
import { onKey } from "../keys.js";
import { OPEN } from "../live.js";
import { useLeases, useLoad } from "../loading.js";
import { changedOptions, compact, optionTags } from "../options.js";
import { Accounting, SiloAccounting } from "../parts/accounting.js";
import { Banner } from "../parts/banner.js";
import { Chip, Tag } from "../parts/chip.js";
import { Copy } from "../parts/copy.js";
import { EtaText, TimeLine } from "../parts/eta.js";
import { ExplainUnit, LeaseCard } from "../parts/explain.js";
import { Icon } from "../parts/icons.js";
import { withoutId } from "../parts/jobRows.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { axisOf, axisText, Percentiles } from "../parts/percentiles.js";
import { Placement } from "../parts/placement.js";
import { Legend, Progress } from "../parts/progress.js";
import { ReportButton } from "../parts/reportButton.js";
import { Segments } from "../parts/segments.js";
import { Steady } from "../parts/steady.js";
import { Stream } from "../parts/stream.js";
import { Table } from "../parts/table.js";
import { address, jobAddress, replaceParams } from "../router.js";
import { get, set, useStore } from "../store.js";
import { JobControls } from "./jobControls.js";

const SHOWN_FAILURES = 10;
const LOG_EVERY = 3000;
const MEASURES_EVERY = 5000;
const LEVELS = [["", "All"], ["warning", "Warnings"], ["error", "Errors"], ["progress", "Progress"]];
const PENDING = { pause: "Pausing", resume: "Resuming", cancel: "Canceling", retry: "Retrying" };

/** One job whole. */
export function JobView({ route }) {
  const path = `/api/jobs/${encodeURIComponent(route.id)}`;
  const { data, error, reload } = useLoad(path);
  const isLate = useLate(!data && !error);
  const kept = useStore((state) => state.job);
  const job = kept?.id === route.id ? kept : null;
  const wasOpen = useRef(false);

  useEffect(() => {
    if (data) {
      set({ job: data });
    }
  }, [data]);
  useEffect(() => () => set({ job: null }), []);
  const isOpen = job !== null && OPEN.includes(job.state);
  const asked = useRef(Date.now());
  useEffect(() => {
    if (!isOpen || !data) {
      return undefined;
    }
    // The stream does not tell how silos did their work; what is large is asked for less often.
    const wait = Math.max(MEASURES_EVERY, (Date.now() - asked.current) * 20);
    const timer = setInterval(() => {
      if (!document.hidden && get().connection.state !== "lost") {
        asked.current = Date.now();
        reload();
      }
    }, wait);
    return () => clearInterval(timer);
  }, [isOpen, data]);
  useEffect(() => {
    // The stream leaves the result out, so the whole job is asked for once it has ended.
    if (job && wasOpen.current && !OPEN.includes(job.state)) {
      reload();
    }
    wasOpen.current = Boolean(job) && OPEN.includes(job.state);
  }, [job?.state]);

  // 400: no job can have such an id.
  if ([400, 404].includes(error?.status)) {
    return html`<div class="nothing-page"><h1>No job ${oneLine(route.id).slice(0, 8)}… here</h1><p>No job ${oneLine(route.id)} here. It may have been forgotten. <a href="#/jobs">Jobs</a></p></div>`;
  }
  if (!job) {
    return html`<h1 class="hidden">Job</h1>${error && error.status !== 0 ? html`<${Banner} title=${oneLine(error.message)} />` : null}
      ${isLate ? html`<div class="panel panel-body"><${Skeleton} lines=${[["180px", 28], ["100%", 14], ["70%", 16], ["100%", 120]]} /></div>` : null}`;
  }
  return html`<${Whole} job=${job} measured=${data?.silos ?? job.silos} route=${route} />`;
}

function Whole({ job, measured, route }) {
  const silos = useStore((state) => state.silos);
  const known = silos ?? [];
  const names = [...new Set([...known.map((silo) => silo.silo), ...job.silos.map((share) => share.silo)])];
  const speeds = Object.fromEntries(measured.filter((silo) => silo.speed > 0).map((silo) => [silo.silo, silo.speed]));
  const view = { naming: siloNaming(names), names, silos: known, speeds };
  return html`<${Title} job=${job} view=${view} />
    <${Trouble} job=${job} view=${view} />
    <div class="grid">
      <${Standing} job=${job} view=${view} />
      ${OPEN.includes(job.state) ? html`<${JobControls} job=${job} />` : null}
      <${TaskStream} job=${job} view=${view} />
      ${job.accounting?.slotSeconds > 0 ? html`<${Account} job=${job} silos=${measured} view=${view} />` : null}
      ${measured.length > 0
        ? html`<${Panel} id="shares" span=${8} title="Lease time by silo" note=${[counted(job.leases, "lease"), axisText(axisOf(measured))].filter(Boolean).join(", ")} isBleeding><${Percentiles} silos=${measured} view=${view} /></${Panel}>
            <${Panel} id="placement" span=${4} title="Placement" note="share of units; line: fair share by speed"><${Placement} silos=${measured} view=${view} /></${Panel}>`
        : null}
      <${Panel} id="explain" title="Explain a unit"><${ExplainUnit} job=${job} view=${view} /></${Panel}>
      <${InputAndOptions} job=${job} span=${12} />
      ${job.state === "succeeded" ? html`<${Result} job=${job} />` : null}
      ${job.failures.length > 0 ? html`<${Failures} job=${job} view=${view} />` : null}
      <${Log} job=${job} view=${view} route=${route} />
    </div>`;
}

function Title({ job, view }) {
  const facts = [
    job.submittedBy ? `submitted by ${oneLine(job.submittedBy)}` : null,
    job.finishedAt ? `ended ${time(job.finishedAt)}, after ${duration(job.elapsedSeconds)}` : `submitted at ${time(job.submittedAt)}`,
    job.coordinator ? `coordinator on ${siloName(job.coordinator, view.naming)}` : null,
    counted(job.leases, "lease"),
  ];
  return html`<div class="title-row">
    <div class="title-main">
      <ul class="crumbs"><li><a href="#/jobs">Jobs</a></li><li aria-hidden="true">/</li><li>${oneLine(job.kind)}</li></ul>
      <div class="title-line"><h1>${oneLine(job.kind)}</h1><${Tag}>v${job.version}</${Tag}>
        <span class="mono id" title=${oneLine(job.id)}>${oneLine(job.id)}</span><${Copy} text=${job.id} isQuiet what="Copy the id" />
        <${Chip} state=${job.state} reason=${job.stateReason?.text} /></div>
      <p class="facts" title=${utc(job.finishedAt ?? job.submittedAt)}>${facts.filter(Boolean).join(" · ")}</p>
    </div>
    <${Actions} job=${job} />
  </div>`;
}

function Actions({ job }) {
  const [pending, setPending] = useState(null);
  const [isMore, setMore] = useState(false);
  const me = useStore((state) => state.me);
  const connection = useStore((state) => state.connection);
  const reason = whyNot("submitter", { me, connection });
  const isOpen = OPEN.includes(job.state);
  const isPaused = job.state === "paused";
  const run = async (verb) => {
    setPending(verb);
    await control(job, verb);
    setPending(null);
  };
  const flip = isPaused ? "resume" : "pause";
  useLayoutEffect(() => {
    if (!isOpen || reason || pending) {
      return undefined;
    }
    return onKey("p", () => run(flip));
  }, [isOpen, flip, reason, pending]);

  const button = ({ key, text, icon, tone = "", onClick, verb, title }) => {
    const isOff = Boolean(reason) || pending !== null;
    return html`<button key=${key} type="button" class=${tone} aria-disabled=${isOff ? "true" : undefined} title=${reason ?? title} onClick=${isOff ? undefined : onClick}><${Icon} name=${icon} />${pending && pending === verb ? PENDING[verb] : text}</button>`;
  };
  const failed = job.units.failed ?? 0;
  const again = html`<a key="again" class="button" href=${address("/submit", { from: job.id })}><${Icon} name="running" />Run again</a>`;
  const shown = isOpen
    ? [
        button({ key: "pause", verb: flip, text: isPaused ? "Resume" : "Pause", icon: isPaused ? "running" : "paused", onClick: () => run(flip), title: "p" }),
        button({ key: "cancel", verb: "cancel", text: "Cancel job", icon: "cross", tone: "danger-text", onClick: () => askCancel(job, setPending) }),
      ]
    : [
        failed > 0 && job.state !== "canceled"
          ? button({
              key: "retry",
              verb: "retry",
              text: job.state === "failed" ? "Retry failed units" : `Retry ${counted(failed, "skipped unit")}`,
              icon: "retry",
              tone: job.state === "failed" ? "primary" : "",
              onClick: () => run("retry"),
              title: "Runs the units again that failed for good, and only those",
            })
          : null,
        again,
        button({ key: "forget", text: "Forget", icon: "cross", tone: "danger-text", onClick: () => askForget(job) }),
      ];
  const extra = [
    isOpen && failed > 0 ? button({ key: "retry", verb: "retry", text: "Retry failed", icon: "retry", onClick: () => run("retry") }) : null,
    isOpen ? again : null,
    html`<${ReportButton} key="report" jobs=${[job]} />`,
    html`<a key="compare" class="button" href=${address("/compare", { a: job.id })}>Compare</a>`,
  ].filter(Boolean);
  return html`<div class="title-end actions">
    ${shown.slice(0, -1)}<span class="extra ${isMore ? "open" : ""}">${extra}</span>${shown.at(-1)}
    <button type="button" class="more" aria-label="More actions" aria-expanded=${isMore} onClick=${() => setMore(!isMore)}><${Icon} name="more" size=${16} /></button>
  </div>`;
}

function Trouble({ job, view }) {
  const [isWhole, setWhole] = useState(false);
  const { error, units } = job;
  const warnings = (job.warnings ?? []).map((warning) => html`<${Banner} key=${warning} tone="warn" title="To know:"><${LongText} text=${warning} /></${Banner}>`);
  if (job.state === "failed" && error) {
    const hasUnit = error.unit !== null && error.unit !== undefined;
    const failure = hasUnit ? job.failures.find((known) => known.unit === error.unit) : null;
    const where = error.silo ? ` on ${siloName(error.silo, view.naming)}` : "";
    const title = hasUnit
      ? `Unit ${count(error.unit)} failed${failure ? ` on all ${counted(failure.attempts, "attempt")}` : ""}${failure?.attempts > 1 && where ? ", the last" : ""}${where}.`
      : `The job failed${where}.`;
    const lines = visible(error.stack ?? "").split("\n").filter(Boolean);
    return html`<section class="banner fail job-error" aria-label="Why it failed">
      <${Icon} name="cross" size=${14} />
      <div class="banner-text">
        <p><b>${title}</b></p>
        <p class="mono">${errorName(failure?.type ?? error.type)}: <${LongText} text=${failure?.message ?? withoutId(error.message)} /></p>
        ${lines.length > 0 && !isWhole ? html`<p class="mono muted one-line">${lines[0].trim()}</p>` : null}
        ${isWhole ? html`<pre class="code" tabindex="0">${lines.join("\n")}</pre>` : null}
        <p class="banner-buttons">
          ${lines.length > 1 ? html`<button type="button" class="small" aria-expanded=${isWhole} onClick=${() => setWhole(!isWhole)}>${isWhole ? "Hide stack" : `Show stack (${counted(lines.length, "line")})`}</button>` : null}
          ${hasUnit ? html`<a class="button small" href=${jobAddress(job.id, { unit: error.unit })} onClick=${toLog}>Log of unit ${count(error.unit)}</a>` : null}
          ${hasUnit && job.options.onUnitFailure !== "skip" ? html`<span class="caption">To finish without it: run again with <code>on unit failure: skip</code></span>` : null}
        </p>
      </div>
    </section>${warnings}`;
  }
  return html`${job.state === "canceled" && error ? html`<${Banner} tone="warn" title="Canceled:"><${LongText} text=${withoutId(error.message).replace(/^canceled: /, "")} /></${Banner}>` : null}
    ${job.state === "succeeded" && units.failed > 0
      ? html`<${Banner} tone="warn" title=${`${counted(units.failed, "unit")} of ${count(units.total)} skipped; the result is of the others.`}>Its coverage is ${percent(job.coverage)}.</${Banner}>`
      : null}
    ${warnings}`;
}

function toLog() {
  document.getElementById("log")?.scrollIntoView({ block: "start" });
}

function LongText({ text }) {
  const [isWhole, setWhole] = useState(false);
  const all = visible(text);
  return all.length <= 200 || isWhole
    ? html`<span class="pre">${all}</span>`
    : html`<span class="pre">${cut(all)}</span> <button type="button" class="link" onClick=${() => setWhole(true)}>Show all</button>`;
}

function Standing({ job, view }) {
  const isOpen = OPEN.includes(job.state);
  const now = useNow(isOpen);
  const rates = useStore((state) => state.rates);
  const { units } = job;
  const slots = view.silos.filter((silo) => silo.state === "active").reduce((sum, silo) => sum + silo.slots, 0);
  const wasted = job.attempts > 0 ? units.wasted / job.attempts : null;
  const facts = isOpen
    ? [
        rates[job.id] === undefined ? null : [rate(rates[job.id]), "units/s"],
        job.slotsBusy === undefined || job.slotsBusy === null ? null : [count(job.slotsBusy), `slots of ${count(slots)}`],
        job.leasesInFlight === undefined || job.leasesInFlight === null ? null : [count(job.leasesInFlight), "leases in flight"],
        wasted === null ? null : [percent(wasted), "wasted"],
      ].filter(Boolean)
    : [];
  const says = { failed: "kept, a retry goes on from here", canceled: "was done", succeeded: units.failed > 0 ? "committed, the rest skipped" : `in ${duration(job.elapsedSeconds)}` }[job.state];
  return html`<section class="panel span-12 standing" aria-labelledby="standing">
    <h2 class="hidden" id="standing">Progress</h2>
    <div class="standing-head">
      <span class="share"><${Steady} text=${donePercent(units.done, units.total)} /></span>
      <span class="standing-facts">${facts.map(([value, text]) => html`<span key=${text}><b><${Steady} text=${value} /></b> ${text}</span>`)}${says ? html`<span>${says}</span>` : null}
        ${!isOpen && wasted > 0 ? html`<span><b>${percent(wasted)}</b> wasted</span>` : null}</span>
      <span class="end standing-eta"><${EtaText} job=${job} /></span>
    </div>
    <${Progress} job=${job} size="job" />
    <${Legend} job=${job} />
    ${job.waiting && isOpen ? html`<p class="waits"><${Icon} name="warning" /> ${oneLine(job.waiting)}</p>` : null}
    <${TimeLine} job=${job} now=${now} />
  </section>`;
}

function TaskStream({ job, view }) {
  const isOpen = OPEN.includes(job.state);
  const { leases, version } = useLeases(job.id, isOpen);
  const [pinned, setPinned] = useState(null);
  if (!leases || leases.granted === 0) {
    return null;
  }
  const kept = pinned ? (leases.byName.get(pinned) ?? null) : null;
  return html`<${Panel} id="stream" title="Task stream" note=${isOpen ? null : counted(job.leases, "lease")}>
    <${Stream} leases=${leases} version=${version} view=${view} isOpen=${isOpen} colorOf=${(silo) => colorOf(silo, view.names)} pinned=${kept} onPin=${(lease) => setPinned(lease?.name ?? null)} />
    ${kept ? html`<${LeaseCard} job=${job} lease=${kept} view=${view} onClose=${() => setPinned(null)} />` : null}
  </${Panel}>`;
}

function Account({ job, silos, view }) {
  const [by, setBy] = useState("job");
  const canSplit = silos.some((silo) => silo.accounting?.slotSeconds > 0);
  return html`<${Panel} id="account" title="Where the time went" end=${canSplit ? html`<${Segments} label="Of" name="account-by" size="small" options=${[["job", "Job"], ["silo", "By silo"]]} value=${by} onChange=${setBy} />` : null}>
    ${by === "silo" && canSplit ? html`<${SiloAccounting} silos=${silos} view=${view} />` : html`<${Accounting} account=${job.accounting} />`}</${Panel}>`;
}

function Failures({ job, view }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? job.failures : job.failures.slice(0, SHOWN_FAILURES);
  const isOver = job.units.failed ?? 0;
  const columns = [
    { key: "unit", label: "Unit", isNumber: true, sort: (failure) => failure.unit, cell: (failure) => html`<b>${count(failure.unit)}</b>` },
    { key: "attempts", label: "Attempts", sort: (failure) => failure.attempts, cell: (failure) => `${count(failure.attempts)} of ${count(failure.maxAttempts ?? job.options.maxAttempts)}` },
    { key: "error", label: "Last error", cell: (failure) => html`<span class="one-line" title=${oneLine(failure.message)}><b>${errorName(failure.type)}</b> ${oneLine(failure.message)}</span>` },
    { key: "silo", label: "Silo", priority: 1, sort: (failure) => failure.silo, cell: (failure) => html`<span title=${failure.silo ?? ""}>${siloName(failure.silo, view.naming)}</span>` },
    { key: "log", label: "", hiddenLabel: "Log", cell: (failure) => html`<a href=${jobAddress(job.id, { unit: failure.unit })} onClick=${toLog} aria-label=${`Log of unit ${count(failure.unit)}`}>Log</a>` },
  ];
  return html`<${Panel} id="failures" title="Failures" note=${`${counted(job.failures.length, "unit")} failed at least once${isOver > 0 ? ` · ${count(isOver)} for good` : ""} · limit 1,000`} isBleeding
    end=${job.failures.length > SHOWN_FAILURES ? html`<button type="button" class="link" onClick=${() => setWhole(!isWhole)}>${isWhole ? `First ${SHOWN_FAILURES}` : `All ${count(job.failures.length)}`}</button>` : null}>
    <${Table} className="failures" label="Failures" columns=${columns} rows=${shown} idOf=${(failure) => failure.unit} />
  </${Panel}>`;
}

function InputAndOptions({ job, span }) {
  const kind = useLoad(`/api/kinds/${encodeURIComponent(job.kind)}`);
  const schemas = kind.data?.inputSchema?.properties ?? {};
  const input = Object.fromEntries(
    Object.entries(job.input ?? {}).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(schemas[name]?.default)),
  );
  const command = commandOf({ kind: job.kind, input, options: changedOptions(job.options) });
  return html`<${Panel} id="input" span=${span} title="Input and options" note=${OPEN.includes(job.state) ? "result when done" : null}>
    <pre class="code" tabindex="0" aria-label="Input">${visible(cutLines(compact(job.input ?? null)))}</pre>
    <div class="tags">${optionTags(job.options).map((text) => html`<${Tag} key=${text}>${oneLine(text)}</${Tag}>`)}</div>
    <div class="same"><span class="caption">Same on the console:</span> <code class="wrap">${cut(oneLine(command), 300).split(/ (?=--)/).map((part, i) => html`${i ? " " : ""}<span>${part}</span>`)}</code><${Copy} text=${command} isQuiet what="Copy the command" /></div>
  </${Panel}>`;
}

const MOST_TEXT = 20_000;

function cutLines(text) {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}\n… ${bytes(text.length - MOST_TEXT)} more` : text;
}

function Result({ job }) {
  const [isBusy, setBusy] = useState(false);
  const path = `/api/jobs/${encodeURIComponent(job.id)}/result`;
  const isJson = job.result !== null && job.result !== undefined;
  const save = async () => {
    setBusy(true);
    await download(path, (ending) => `${job.kind}-${job.id}.${ending}`);
    setBusy(false);
  };
  const text = isJson ? JSON.stringify(job.result, null, 2) : null;
  return html`<${Panel} id="result" title="Result" note=${job.coverage !== null && job.coverage < 1 ? `covers ${percent(job.coverage)} of the units` : null}
    end=${html`${isJson ? html`<${Copy} text=${text} />` : null}<button type="button" class="small" disabled=${isBusy} onClick=${save}><${Icon} name="download" />${isBusy ? "Downloading" : "Download"}</button>`}>
    ${isJson ? html`<pre class="code" tabindex="0" aria-label="Result">${visible(cutLines(text))}</pre>` : html`<${OtherResult} path=${path} kind=${job.kind} />`}
  </${Panel}>`;
}

const MOST_SHOWN = 2 << 20;

// What is no JSON document: a picture, or lines of which the first are shown.
function OtherResult({ path, kind }) {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    const abort = new AbortController();
    read(path, abort).then(setShown, () => setShown({ text: "It could not be read." }));
    return () => abort.abort();
  }, [path]);
  if (!shown) {
    return null;
  }
  return shown.image
    ? html`<img class="picture" src=${shown.image} alt=${`Result of ${oneLine(kind)}`} />`
    : html`<pre class="code" tabindex="0" aria-label="Result">${visible(shown.text)}</pre>${shown.note ? html`<p class="caption">${shown.note}</p>` : null}`;
}

async function read(path, abort) {
  const response = await send("GET", path, { signal: abort.signal });
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
  const reader = response.body.getReader();
  const chunks = [];
  let size = 0;
  while (size <= MOST_SHOWN) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    chunks.push(value);
    size += value.length;
  }
  const isCut = size > MOST_SHOWN;
  reader.cancel();
  const blob = new Blob(chunks, { type });
  if (/^image\/(png|jpeg|gif|webp)$/.test(type) && !isCut) {
    return new Promise((resolve) => {
      const file = new FileReader();
      file.onload = () => resolve({ image: file.result });
      file.readAsDataURL(blob);
    });
  }
  if (/^(text\/|application\/(json|x-ndjson|jsonl))/.test(type)) {
    const lines = (await blob.text()).split("\n");
    const first = cutLines(lines.slice(0, 20).join("\n"));
    return { text: first, note: lines.length > 21 || isCut ? `Showing the first 20 lines${isCut ? "" : ` of ${count(lines.length)}`}` : null };
  }
  return { text: `${isCut ? "more than " : ""}${bytes(size)} of ${type || "an unknown type"}` };
}

function Log({ job, view, route }) {
  const { unit = "", text = "", level = "" } = route.params;
  const words = useSettled(text);
  const typed = /^[\d,]+$/.test(words) ? words.replaceAll(",", "") : null;
  const query = new URLSearchParams({ limit: "200", ...(unit || typed ? { unit: unit || typed } : {}), ...(words && typed === null ? { text: words } : {}), ...(level ? { level } : {}) });
  const { data, error, reload } = useLoad(`/api/jobs/${encodeURIComponent(job.id)}/logs?${query}`);
  const last = useRef(0);
  // Asked for again when the job has moved on, because one stream a tab is what a browser can spare.
  useEffect(() => {
    const wait = Math.max(0, last.current + LOG_EVERY - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      if (get().connection.state !== "lost") {
        reload();
      }
    }, wait);
    return () => clearTimeout(timer);
  }, [job.attempts, job.state]);
  const change = (patch) => replaceParams(`/jobs/${encodeURIComponent(job.id)}`, { ...route.params, ...patch });
  const lines = data?.items ?? [];
  const isFiltered = Boolean(unit || text || level);
  const tone = { warning: "warn", error: "fail", critical: "fail", progress: "link-tone" };
  const word = { information: "info", warning: "warn" };
  return html`<${Panel} id="log" title="Log" note=${`last 200 lines${unit ? ` of unit ${count(Number(unit))}` : " of this job"}, newest first`}
    end=${html`<div class="filters">
      ${unit ? html`<button type="button" class="link" onClick=${() => change({ unit: "" })}>All units</button>` : null}
      <label class="searchbox"><${Icon} name="search" /><span class="hidden">Filter the log by text or unit</span><input type="search" placeholder="Text or unit" autocomplete="off" value=${text} onInput=${(event) => change({ text: event.target.value })} /></label>
      <${Segments} label="Level" name="log-level" size="small" options=${LEVELS} value=${level} onChange=${(value) => change({ level: value })} />
    </div>`}>
    ${error && ![0, 429, 503].includes(error.status) ? html`<p class="fail">${oneLine(error.message)}</p>` : null}
    ${data && lines.length === 0 ? html`<p class="muted">${isFiltered ? html`No line matches the filter. <button type="button" class="link" onClick=${() => change({ unit: "", text: "", level: "" })}>Clear the filter</button>` : "No unit has logged anything."}</p>` : null}
    ${lines.length > 0
      ? html`<ul class="log" tabindex="0" aria-label="Log lines">
          ${lines.map(
            (line) => html`<li key=${line.number}><time title=${utc(line.at)}>${timeExact(line.at)}</time><span class=${tone[line.level] ?? "muted"}>${word[line.level] ?? line.level}</span>
              <span class="log-silo" title=${line.silo}>${siloName(line.silo, view.naming)}</span><span class="log-unit">${count(line.unit)}</span><span class="log-text">${line.level === "progress" && line.fraction !== null ? `${percent(line.fraction)} ` : ""}<${LongText} text=${line.text} /></span></li>`,
          )}
        </ul>`
      : null}
  </${Panel}>`;
}
