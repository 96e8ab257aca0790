import { useEffect, useRef, useState } from "../../vendor/hooks.mjs";
import { drain, probe, whyNot } from "../actions.js";
import { bytes, count, counted, duration, NONE, oneLine, percent, rate, siloName, siloNaming, siloRest, time, utc, visible, wholePercent } from "../format.js";
import { useLate, useNarrow } from "../hooks.js";
import { html } from "../html.js";
import { useLoad } from "../loading.js";
import { Chip, Tag } from "../parts/chip.js";
import { Icon } from "../parts/icons.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { Segments } from "../parts/segments.js";
import { SlotSquares } from "../parts/slotSquares.js";
import { Steady } from "../parts/steady.js";
import { Table } from "../parts/table.js";
import { replaceParams } from "../router.js";
import { useStore } from "../store.js";

const SHOWN = [["", "All"], ["active", "Active"], ["other", "Not active"]];
const TONES = { draining: "warn", quarantined: "quar" };

/** The silos of the cluster. */
export function Silos({ route }) {
  const silos = useStore((state) => state.silos);
  const isLate = useLate(!silos);
  const isNarrow = useNarrow();
  const { text = "", show = "" } = route.params;
  const change = (patch) => replaceParams("/silos", { ...route.params, ...patch });
  if (!silos) {
    return html`<h1>Silos</h1>${isLate ? html`<div class="panel panel-body"><${Skeleton} lines=${Array.from({ length: 6 }, () => ["100%", 40])} /></div>` : null}`;
  }
  const naming = siloNaming(silos.map((silo) => silo.silo));
  const words = text.toLowerCase();
  const found = silos.filter(
    (silo) => (!show || (silo.state === "active") === (show === "active")) && (!words || haystack(silo).includes(words)),
  );
  const states = ["active", "draining", "quarantined", "dead"].map((state) => [state, silos.filter((silo) => silo.state === state).length]).filter(([, n]) => n > 0);
  const active = silos.filter((silo) => silo.state === "active");
  const slots = active.reduce((sum, silo) => sum + silo.slots, 0);
  const busy = active.reduce((sum, silo) => sum + Math.min(silo.running, silo.slots), 0);
  return html`<div class="title-row">
      <div class="title-main inline"><h1>Silos</h1><p class="facts">${states.map(([state, n], i) => html`${i ? " · " : ""}<span class=${TONES[state] ?? ""}>${count(n)} ${state}</span>`)} · ${count(busy)} of ${counted(slots, "slot")} busy</p></div>
      <div class="title-end filters">
        <label class="searchbox"><${Icon} name="search" /><span class="hidden">Filter by address, label or state</span><input type="search" placeholder="Address, label or state" autocomplete="off" value=${text} onInput=${(event) => change({ text: event.target.value })} /></label>
        <${Segments} label="Silos shown" name="silos-show" size="small" options=${SHOWN} value=${show} onChange=${(value) => change({ show: value })} />
      </div>
    </div>
    <section class="panel" aria-label="All silos">
      ${found.length === 0
        ? html`<div class="panel-body nothing"><p>No silo matches ${text ? `“${oneLine(text)}”` : "the filter"}.</p><button type="button" class="link" onClick=${() => change({ text: "", show: "" })}>Clear the filter</button></div>`
        : isNarrow
          ? html`<ul class="rows">${found.map((silo) => html`<${SiloRow} key=${silo.silo} silo=${silo} naming=${naming} />`)}</ul>`
          : html`<${Table} className="silos" label="Silos" columns=${columnsOf(naming, found)} rows=${found} idOf=${(silo) => silo.silo} rowClass=${(silo) => (silo.state === "dead" ? "dim" : "")} />`}
    </section>
    <${Events} silos=${silos} />`;
}

const MOST_EVENTS = 50;
const EVENT_TONES = { lost: "fail", quarantined: "quar", draining: "warn" };

// What happened to silos, as the silo that serves this page has seen it; asked for anew when one comes, goes or changes its state.
function Events({ silos }) {
  const events = useLoad(`/api/silos/events?limit=${MOST_EVENTS}`);
  const states = silos.map((silo) => `${silo.silo} ${silo.state}`).join();
  const asked = useRef(states);
  useEffect(() => {
    if (asked.current !== states) {
      asked.current = states;
      events.reload();
    }
  }, [states]);
  const items = events.data?.items ?? [];
  const naming = siloNaming([...silos.map((silo) => silo.silo), ...items.map((item) => item.silo)]);
  return html`<${Panel} id="silo-events" title="Events" note="in the last 24 hours, as the silo that serves this page has seen them" isBleeding className="below">
    ${items.length === 0
      ? html`<p class="panel-body muted">${events.data ? "Nothing has happened to a silo since then, or since this silo started." : events.error ? oneLine(events.error.message) : NONE}</p>`
      : html`<ul class="rows silo-events">${items.map(
            (item) => html`<li key=${`${item.at} ${item.silo} ${item.kind}`}><time datetime=${item.at} title=${utc(item.at)}>${time(item.at)}</time><b title=${item.silo}>${siloName(item.silo, naming)}</b><span class=${EVENT_TONES[item.kind] ?? ""}>${item.kind}</span><span class="event-text">${visible(item.text)}</span></li>`,
          )}</ul>
          <p class="panel-foot muted">${items.length < events.data.total ? `Showing the last ${count(items.length)} of ${counted(events.data.total, "event")}` : `Showing all ${counted(items.length, "event")}`}</p>`}
  </${Panel}>`;
}

function haystack(silo) {
  return `${silo.silo} ${silo.state} ${labelsOf(silo).join(" ")}`.toLowerCase();
}

function labelsOf(silo) {
  return Object.entries(silo.labels ?? {}).map(([name, value]) => (value ? `${name}=${value}` : name));
}

function Bar({ share, title, mark }) {
  const isKnown = share !== null && share !== undefined;
  return html`<span class="meter" title=${title}><span class="track ${mark && share > mark - 0.05 ? "warn-fill" : ""}"><span class="fill" style=${{ "--share": `${Math.min(100, (isKnown ? share : 0) * 100)}%` }}></span>${mark ? html`<span class="mark" style=${{ "--at": `${mark * 100}%` }}></span>` : null}</span><span class="meter-value">${wholePercent(share)}</span></span>`;
}

function memoryOf(silo) {
  return silo.memoryLimitBytes > 0 ? silo.memoryBytes / silo.memoryLimitBytes : null;
}

function columnsOf(naming, silos) {
  const isDead = (silo) => silo.state === "dead";
  return [
    {
      key: "silo",
      label: "Silo",
      sort: (silo) => silo.silo,
      cell: (silo) => html`<span class="two-lines" title=${silo.silo}><b>${siloName(silo.silo, naming)}</b><span class="mono muted">${siloRest(silo.silo, naming)}</span></span>`,
    },
    {
      key: "state",
      label: "State",
      sort: (silo) => silo.state,
      cell: (silo) => html`<span class="two-lines"><${Chip} state=${silo.state} />${reasonOf(silo) ? html`<span class="caption">${reasonOf(silo)}</span>` : null}</span>`,
    },
    {
      key: "slots",
      label: "Slots, queued",
      sort: (silo) => silo.slots,
      title: "A square is a slot, filled while it computes; after it the leases that wait",
      cell: (silo) => (isDead(silo) ? NONE : html`<span class="slots-cell"><${SlotSquares} slots=${silo.slots} running=${silo.running} color="var(--text2)" />${silo.queued > 0 ? html`<span class="muted">+${count(silo.queued)}</span>` : null}</span>`),
    },
    { key: "rate", label: "Units/s", isNumber: true, sort: (silo) => silo.unitsPerSecond, cell: (silo) => html`<${Steady} isRight text=${isDead(silo) ? NONE : rate(silo.unitsPerSecond)} />` },
    {
      key: "errors",
      label: "Errors",
      isNumber: true,
      sort: (silo) => silo.errorRate,
      title: "Share of recent leases that failed",
      cell: (silo) => html`<span class=${silo.errorRate > 0.2 ? "fail strong" : ""}>${isDead(silo) ? NONE : percent(silo.errorRate)}</span>`,
    },
    { key: "cpu", label: "CPU", priority: 2, sort: (silo) => silo.cpu, title: "Share of the machine that the silo's process uses", cell: (silo) => (isDead(silo) ? NONE : html`<${Bar} share=${silo.cpu} />`) },
    {
      key: "memory",
      label: "Memory",
      sort: memoryOf,
      priority: 2,
      title: "Of what the silo may use; above the mark it takes no new lease",
      cell: (silo) => (isDead(silo) ? NONE : html`<${Bar} share=${memoryOf(silo)} mark=${0.9} title=${`${bytes(silo.memoryBytes)} of ${bytes(silo.memoryLimitBytes)}`} />`),
    },
    { key: "labels", label: "Labels", priority: 1, cell: (silo) => (labelsOf(silo).length > 0 ? html`<span class="tags">${labelsOf(silo).map((label) => html`<${Tag} key=${label}>${oneLine(label)}</${Tag}>`)}</span>` : html`<span class="muted">${NONE}</span>`) },
    ...(silos.some((silo) => silo.startedAt)
      ? [{ key: "up", label: "Up", isNumber: true, priority: 1, sort: (silo) => silo.startedAt, cell: (silo) => html`<span class="muted" title=${utc(silo.startedAt)}>${silo.startedAt ? duration(Math.floor((Date.now() - Date.parse(silo.startedAt)) / 1000)) : NONE}</span>` }]
      : []),
    { key: "action", label: "", hiddenLabel: "Action", isNumber: true, cell: (silo) => html`<${SiloButtons} silo=${silo} naming=${naming} />` },
  ];
}

function reasonOf(silo) {
  const text = silo.reason?.text ?? (silo.state === "draining" ? `${counted(silo.running, "lease")} left` : null);
  return text ? oneLine(text) : null;
}

// What can be done to a silo in a state: the words of its button, before and while, and what it does.
const DEEDS = {
  active: { word: "Drain", pending: "Draining", title: "Takes no new leases; the units that run there finish", run: (silo, naming) => drain(silo, naming) },
  draining: { word: "Undrain", pending: "Undraining", title: "Takes leases again", run: (silo, naming) => drain(silo, naming, true) },
};
const PROBE = { word: "Probe", pending: "Probing", title: "Gets a lease now, instead of when its time is up: if that succeeds it is let back", run: probe };

function SiloButtons({ silo, naming }) {
  const deeds = silo.state === "quarantined" ? [PROBE, DEEDS.active] : DEEDS[silo.state] ? [DEEDS[silo.state]] : [];
  return html`<span class="silo-buttons">${deeds.map((deed) => html`<${SiloButton} key=${deed.word} deed=${deed} silo=${silo} naming=${naming} />`)}</span>`;
}

function SiloButton({ deed, silo, naming }) {
  const [isPending, setPending] = useState(false);
  const me = useStore((state) => state.me);
  const connection = useStore((state) => state.connection);
  const reason = whyNot("operator", { me, connection });
  const press = async () => {
    setPending(true);
    await deed.run(silo, naming);
    setPending(false);
  };
  const word = isPending ? deed.pending : deed.word;
  return html`<button type="button" class="small" aria-disabled=${reason || isPending ? "true" : undefined} title=${reason ?? deed.title}
    aria-label=${`${word} ${siloName(silo.silo, naming)}`} onClick=${reason || isPending ? undefined : press}>${word}</button>`;
}

function SiloRow({ silo, naming }) {
  return html`<li class="silo-row">
    <span class="row-line"><${Chip} state=${silo.state} /><b title=${silo.silo}>${siloName(silo.silo, naming)}</b><span class="end"><${SlotSquares} slots=${silo.slots} running=${silo.running} color="var(--text2)" /></span></span>
    <span class="row-line second"><span>${rate(silo.unitsPerSecond)} units/s · CPU ${wholePercent(silo.cpu)} · memory ${wholePercent(memoryOf(silo))}</span><span class="end"><${SiloButtons} silo=${silo} naming=${naming} /></span></span>
    ${reasonOf(silo) ? html`<span class="caption">${reasonOf(silo)}</span>` : null}
  </li>`;
}
