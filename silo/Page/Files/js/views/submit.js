import { useRef, useState } from "../../vendor/hooks.mjs";
import { whyNot } from "../actions.js";
import { post } from "../api.js";
import { commandOf } from "../command.js";
import { count, counted, NONE, oneLine, visible } from "../format.js";
import { useLate } from "../hooks.js";
import { html } from "../html.js";
import { learn } from "../live.js";
import { useCheck, useLoad } from "../loading.js";
import { announce } from "../notify.js";
import { Copy } from "../parts/copy.js";
import { Field, readField } from "../parts/field.js";
import { Icon } from "../parts/icons.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { Segments } from "../parts/segments.js";
import { address, go, jobAddress } from "../router.js";
import { set, useStore } from "../store.js";

const OPTIONS = {
  placement: { label: "Placement", enum: ["random", "round-robin", "least-loaded", "adaptive"], default: "adaptive", description: "How silos are chosen; adaptive learns their speed while it runs" },
  execution: { label: "Execution", enum: ["pooled", "spawned"], default: "pooled", description: "Standing workers; spawned makes new ones for each lease, which costs more" },
  chunkTime: { label: "Lease time", type: "string", default: "50ms", description: "How long a lease should last at most, 1ms to 1m" },
  onUnitFailure: { label: "When a unit fails for good", enum: ["fail", "skip"], words: ["fail the job", "skip the unit"], default: "fail", description: "A skipped unit is left out of the result" },
  chunkUnits: { label: "Units per lease", type: "integer", description: "Fixed; without it sizes are found while it runs" },
  maxParallel: { label: "Most leases at once", type: "integer", description: "Without it there is no limit" },
  maxAttempts: { label: "Attempts at a unit", type: "integer", default: 3, description: "1 to 100" },
  unitTimeout: { label: "Time for a unit", type: "string", description: "Such as 30s; without it there is no limit" },
  deadline: { label: "Time for the job", type: "string", description: "Such as 2h; without it there is no limit" },
  partial: { label: "Partial result at the deadline", type: "boolean", default: false, description: "Succeeds with what is done by then" },
  priority: { label: "Priority", type: "integer", default: 4, description: "0 to 9, its weight against other jobs" },
  seed: { label: "Seed", type: "integer", description: "Of the units’ random numbers; without it made of kind and input" },
  speculation: { label: "Speculation", type: "boolean", default: true, description: "A unit that runs far too long may run a second time elsewhere" },
  require: { label: "Labels", type: "array", items: { type: "string" }, description: "Silos must have them: name or name=value, one per line" },
};
const FIRST_OPTIONS = ["placement", "execution", "chunkTime", "onUnitFailure"];

/** The form that submits a job. */
export function Submit({ route }) {
  const kinds = useLoad("/api/kinds");
  const isLate = useLate(!kinds.data && !kinds.error);
  const from = useLoad(route.params.from ? `/api/jobs/${encodeURIComponent(route.params.from)}` : null);
  const [search, setSearch] = useState("");
  const items = kinds.data?.items ?? [];
  const wanted = from.data?.kind ?? route.params.kind ?? "primes";
  const kind = items.find((item) => item.kind === wanted) ?? items[0];
  const isReady = kind && (!route.params.from || from.data || from.error);
  const shown = items.filter((item) => `${item.kind} ${item.description}`.toLowerCase().includes(search.toLowerCase()));
  return html`<div class="title-row"><div class="title-main"><h1>Submit a job</h1></div>
      <p class="title-end caption desktop-only"><kbd>n</kbd> opens this from anywhere <kbd>Ctrl</kbd> <kbd>Enter</kbd> submits</p></div>
    <div class="submit">
      <nav class="panel kinds" aria-label="Kinds">
        <label class="searchbox"><${Icon} name="search" /><span class="hidden">Filter the kinds</span><input type="search" placeholder=${counted(items.length, "kind")} autocomplete="off" value=${search} onInput=${(event) => setSearch(event.target.value)} /></label>
        ${shown.map((item) => html`<a key=${item.kind} href=${address("/submit", { kind: item.kind })} aria-current=${item === kind ? "true" : undefined}><span><b>${oneLine(item.kind)}</b> <span class="muted">v${item.version}</span></span><span class="caption">${oneLine(item.description)}</span></a>`)}
        ${kinds.data && shown.length === 0 ? html`<p class="panel-body muted">No kind matches “${oneLine(search)}”.</p>` : null}
        ${isLate ? html`<div class="panel-body"><${Skeleton} lines=${Array.from({ length: 6 }, () => ["100%", 32])} /></div>` : null}
      </nav>
      ${isReady ? html`<${Form} key=${`${kind.kind} ${from.data?.id ?? ""}`} kind=${kind} from=${from.data} />` : null}
    </div>`;
}

function textOf(value) {
  if (value === null || value === undefined) {
    return "";
  }
  if (Array.isArray(value)) {
    return value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join("\n");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

function textsOf(values, schemas) {
  return Object.fromEntries(
    Object.entries(values ?? {})
      .filter(([name, value]) => schemas[name] && JSON.stringify(value) !== JSON.stringify(schemas[name].default ?? null))
      .map(([name, value]) => [name, textOf(value)]),
  );
}

// The members of a form that differ from their defaults, each as JSON text.
function read(schemas, texts, prefix) {
  const json = {};
  const problems = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const field = readField(schema, texts[name]);
    if (field.json !== null && field.json !== JSON.stringify(schema.default)) {
      json[name] = field.json;
    }
    if (field.problem) {
      problems[prefix + name] = field.problem;
    }
  }
  return { json, problems };
}

const objectOf = (json) => `{${Object.entries(json).map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;

// Errors are of input fields and options alike, so names are looked up in this order.
function place(errors, schemas) {
  const placed = {};
  for (const [field, messages] of Object.entries(errors ?? {})) {
    const name = field.replace(/^(input|options)\./, "").split(/[.[]/)[0];
    const key = schemas[name] && !field.startsWith("options.") ? `input.${name}` : OPTIONS[name] ? `options.${name}` : `other.${field}`;
    placed[key] = messages.join(" ");
  }
  return placed;
}

function Form({ kind, from }) {
  const schemas = kind.inputSchema?.properties ?? {};
  const required = new Set(kind.inputSchema?.required ?? []);
  const [mode, setMode] = useState("form");
  const [input, setInput] = useState(() => textsOf(from?.input, schemas));
  const [options, setOptions] = useState(() => textsOf(from?.options, OPTIONS));
  const [raw, setRaw] = useState("");
  const [touched, setTouched] = useState({});
  const [answered, setAnswered] = useState({ errors: {}, message: null });
  const [isAll, setAll] = useState(() => Object.keys(options).some((name) => !FIRST_OPTIONS.includes(name)));
  const [isBusy, setBusy] = useState(false);
  const summary = useRef();
  const form = useRef();
  const me = useStore((state) => state.me);
  const connection = useStore((state) => state.connection);
  const silos = useStore((state) => state.silos) ?? [];
  const reason = whyNot("submitter", { me, connection });

  const inputRead = read(schemas, input, "input.");
  const optionsRead = read(OPTIONS, options, "options.");
  const local = { ...inputRead.problems, ...optionsRead.problems };
  const missing = [...required].filter((name) => inputRead.json[name] === undefined);
  for (const name of missing) {
    local[`input.${name}`] ??= "is needed";
  }
  const inputText = mode === "json" ? raw : objectOf(inputRead.json);
  const body = `{"kind":${JSON.stringify(kind.kind)},"input":${inputText || "{}"}${Object.keys(optionsRead.json).length > 0 ? `,"options":${objectOf(optionsRead.json)}` : ""}}`;

  const isAsked = !reason && !isBusy && (mode === "json" ? isJson(raw) : Object.keys(local).length === 0);
  const check = useCheck(isAsked ? body : null);
  const checked = place(check.error?.errors, schemas);
  const problemOf = (key) => answered.errors[key] ?? (touched[key] ? (local[key] ?? checked[key]) : undefined);

  const change = (setter, prefix) => (name) => (text) => {
    setter((old) => ({ ...old, [name]: text }));
    setAnswered((old) => ({ ...old, errors: Object.fromEntries(Object.entries(old.errors).filter(([key]) => key !== `${prefix}${name}`)) }));
  };
  const touch = (key) => () => setTouched((old) => ({ ...old, [key]: true }));
  const showSummary = (errors, message) => {
    setAnswered({ errors, message });
    requestAnimationFrame(() => summary.current?.focus());
  };
  const submit = async (event) => {
    event?.preventDefault();
    if (reason || isBusy) {
      return;
    }
    if (mode === "form" && Object.keys(local).length > 0) {
      setTouched(Object.fromEntries(Object.keys(local).map((key) => [key, true])));
      showSummary(local, null);
      return;
    }
    if (mode === "json") {
      try {
        JSON.parse(raw || "{}");
      } catch (error) {
        showSummary({ "other.input": `is no JSON: ${error.message}` }, null);
        return;
      }
    }
    setBusy(true);
    try {
      const job = await post("/api/jobs", body);
      learn(job);
      announce(`${oneLine(kind.kind)} submitted`);
      go(jobAddress(job.id));
    } catch (error) {
      if ([429, 503].includes(error.status)) {
        set({ trouble: { status: error.status, detail: error.message, until: Date.now() + (error.retryAfter ?? 5) * 1000 } });
        setTimeout(() => set({ trouble: null }), (error.retryAfter ?? 5) * 1000);
      }
      const errors = place(error.errors, schemas);
      showSummary(errors, Object.keys(errors).length === 0 ? error.message : null);
      if (Object.keys(errors).some((key) => key.startsWith("options.") && !FIRST_OPTIONS.includes(key.slice(8)))) {
        setAll(true);
      }
    }
    setBusy(false);
  };
  const reset = () => {
    setInput({});
    setOptions({});
    setTouched({});
    setRaw("");
    setAnswered({ errors: {}, message: null });
  };
  const setForm = (value) => {
    if (value === "json") {
      setRaw(Object.keys(inputRead.json).length > 0 ? pretty(objectOf(inputRead.json)) : "{}");
    } else {
      try {
        setInput(textsOf(JSON.parse(raw || "{}", keepDigits), schemas));
      } catch {
        // The fields keep what they had: text that is no JSON says nothing about them.
      }
    }
    setMode(value);
  };
  const onKeyDown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      submit(event);
    }
  };
  const wrong = Object.entries(answered.errors);
  const optionNames = isAll ? Object.keys(OPTIONS) : FIRST_OPTIONS;
  const field = (prefix, schema, name, texts, setter, isRequired) => {
    const id = `f-${prefix}-${name}`;
    const key = `${prefix}.${name}`;
    return html`<${Field} key=${id} id=${id} name=${name} label=${schema.label} schema=${schema} value=${texts[name]} isRequired=${isRequired} isOption=${prefix === "options"} problem=${problemOf(key)} onBlur=${touch(key)} onChange=${change(setter, `${prefix}.`)(name)} />`;
  };
  return html`<form class="panel form" ref=${form} onSubmit=${submit} onKeyDown=${onKeyDown} novalidate aria-labelledby="form-title">
      <div class="panel-head"><h2 id="form-title" class="form-title">${oneLine(kind.kind)}</h2><span class="note one-line">${oneLine(kind.description)}</span>
        <div class="panel-end"><${Segments} label="Input as" name="mode" size="small" options=${[["form", "Form"], ["json", "JSON"]]} value=${mode} onChange=${setForm} /></div></div>
      <div class="form-body">
        ${wrong.length > 0 || answered.message
          ? html`<div class="banner fail" tabindex="-1" ref=${summary} role="alert"><${Icon} name="cross" size=${14} /><div class="banner-text">
              ${answered.message ? html`<p>${visible(answered.message)}</p>` : null}
              ${wrong.length > 0
                ? html`<p><b>${wrong.length === 1 ? "1 field needs a change:" : `${count(wrong.length)} fields need a change:`}</b> ${wrong.map(([key, text], i) => {
                    const [prefix, name] = [key.slice(0, key.indexOf(".")), key.slice(key.indexOf(".") + 1)];
                    const target = `f-${prefix}-${name}`;
                    return html`${i ? ", " : ""}${prefix === "other" ? html`${oneLine(name)} ${visible(text)}` : html`<a href=${`#${target}`} onClick=${(event) => focusField(event, target)}>${OPTIONS[name]?.label && prefix === "options" ? OPTIONS[name].label : oneLine(name)}</a>`}`;
                  })}</p>`
                : null}
            </div></div>`
          : null}
        ${mode === "form"
          ? html`<div class="fields">${Object.entries(schemas).map(([name, schema]) => field("input", schema, name, input, setInput, required.has(name)))}</div>
              ${Object.keys(schemas).length === 0 ? html`<p class="muted">This kind takes no input.</p>` : null}`
          : html`<div class="field full"><label for="raw">input <span class="type">JSON</span></label><textarea id="raw" class="input mono" rows="12" spellcheck="false" value=${raw} onInput=${(event) => setRaw(event.target.value)}></textarea></div>`}
      </div>
      <fieldset class="form-body options"><legend class="hidden">Options</legend>
        <div class="options-head"><h3>Options</h3><button type="button" class="link" aria-expanded=${isAll} onClick=${() => setAll(!isAll)}>${isAll ? "Fewer options" : `All ${Object.keys(OPTIONS).length} options`}</button></div>
        <div class="fields">${optionNames.map((name) => field("options", OPTIONS[name], name, options, setOptions, false))}</div>
      </fieldset>
      <div class="form-foot"><span class="caption">${isBusy ? "The cluster checks it" : "Checked on the cluster; nothing is recorded until you submit."}</span>
        <div class="end"><button type="button" onClick=${reset}>Reset</button><button class="primary" aria-disabled=${reason || isBusy ? "true" : undefined} title=${reason ?? "Ctrl Enter"}>${isBusy ? "Submitting" : "Submit job"}</button></div></div>
    </form>
    <div class="side">
      <${Panel} id="will" title="What will run">
        <dl class="facts-list">
          <div><dt>${check.data ? "Silos that take it" : "Silos with this kind"}</dt><dd>${placesOf(check.data, kind, silos)}</dd></div>
          <div><dt>Units</dt><dd>${unitsOf(check, isAsked, reason)}</dd></div>
          <div><dt>Starts</dt><dd class=${check.data?.waitsFor ? "warn" : ""}>${startOf(check, isAsked, reason)}</dd></div>
          <div><dt>Results</dt><dd>${kind.isMap ? "one a unit, to be read while it runs" : "one, when it is done"}</dd></div>
        </dl>
        ${check.data?.warnings.length > 0 ? html`<ul class="notes">${check.data.warnings.map((text) => html`<li key=${text}><${Icon} name="warning" size=${12} />${visible(text)}</li>`)}</ul>` : null}
      </${Panel}>
      <${Equivalents} kind=${kind.kind} input=${safe(inputText)} options=${safe(objectOf(optionsRead.json))} body=${body} />
    </div>`;
}

function placesOf(data, kind, silos) {
  if (data) {
    return `${count(data.silos)}${silos.length > 0 ? ` of ${count(silos.length)}` : ""}, ${counted(data.slots, "slot")}`;
  }
  const able = silos.filter((silo) => silo.state === "active" && silo.kinds?.some((known) => known.split("@")[0] === kind.kind));
  return silos.length > 0 ? `${count(able.length)} of ${count(silos.length)}, ${counted(able.reduce((sum, silo) => sum + silo.slots, 0), "slot")}` : counted(kind.silos, "silo");
}

// Why something is not known yet: nobody may ask, no answer, or nothing that could be asked.
function unknown({ error }, isAsked, reason) {
  if (reason) {
    return reason;
  }
  return error ? (error.errors ? "known when the fields are right" : oneLine(error.message)) : isAsked ? NONE : "known when the fields are right";
}

function unitsOf(check, isAsked, reason) {
  if (!check.data) {
    return unknown(check, isAsked, reason);
  }
  return check.data.units === null ? "counted when it is submitted" : count(check.data.units);
}

function startOf(check, isAsked, reason) {
  if (!check.data) {
    return unknown(check, isAsked, reason);
  }
  return check.data.waitsFor ? visible(check.data.waitsFor.text) : "at once";
}

function isJson(text) {
  try {
    JSON.parse(text || "{}");
    return true;
  } catch {
    return false;
  }
}

function focusField(event, id) {
  event.preventDefault();
  const target = document.getElementById(id) ?? document.querySelector(`[name="${id}"]`);
  target?.focus();
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text, keepDigits), null, 2);
  } catch {
    return text;
  }
}

function keepDigits(_, value, context) {
  return typeof value === "number" && !Number.isSafeInteger(value) && JSON.rawJSON && context ? JSON.rawJSON(context.source) : value;
}

function safe(text) {
  try {
    return JSON.parse(text || "{}", keepDigits);
  } catch {
    return {};
  }
}

function Equivalents({ kind, input, options, body }) {
  const command = commandOf({ kind, input, options }, " \\\n  ");
  const http = `POST /api/jobs\n${pretty(body)}`;
  return html`<${Panel} id="console" title="Same on the console" end=${html`<${Copy} text=${command} />`}><pre class="code" tabindex="0" aria-label="Command">${visible(command)}</pre></${Panel}>
    <${Panel} id="http" title="Same over HTTP" end=${html`<a href="/reference/">API reference</a> <${Copy} text=${body} what="Copy the body" />`}><pre class="code" tabindex="0" aria-label="Request">${visible(http)}</pre></${Panel}>`;
}
