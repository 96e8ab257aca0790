import { useEffect, useMemo, useRef, useState } from "../../vendor/hooks.mjs";
import { colorOf } from "../colors.js";
import { makespan } from "../compared.js";
import { count, counted, duration, percent, siloName } from "../format.js";
import { html } from "../html.js";
import { outcomeWord } from "../leases.js";
import { Panel } from "./panel.js";
import { Segments } from "./segments.js";
import { lengthOf, placeOf, tipPlace, unitsOf } from "./stream.js";
import { firstIn, hit, layout, paint } from "./streamDrawing.js";

const LEAST = 50;
const COLORS = [["silo", "Silo"], ["outcome", "Outcome"], ["units", "Units"]];

/** The streams of jobs {name, job, leases, version} on one time scale: zooming one zooms all. */
export function ComparedStreams({ jobs, view }) {
  const [range, setRange] = useState(null);
  const [color, setColor] = useState("silo");
  const [isTable, setTable] = useState(false);
  const spans = jobs.map(({ job, leases }) => spanOf(job, leases));
  const whole = [0, Math.max(LEAST, ...spans) * 1.06];
  const shown = range ?? whole;
  const change = ([from, to]) => {
    const length = Math.min(Math.max(to - from, LEAST), whole[1]);
    const start = Math.min(Math.max(from, 0), whole[1] - length);
    setRange([start, start + length]);
  };
  const zoom = (factor, about = (shown[0] + shown[1]) / 2) => change(shown.map((at) => about + (at - about) * factor));
  return html`<${Panel} id="streams" title="Task streams" note="same time scale; zooming one zooms both" className="compare-streams"
    end=${html`<span class="control-label" aria-hidden="true">Colour</span><${Segments} label="Colour" name="compare-colour" size="small" options=${COLORS} value=${color} onChange=${setColor} />
      <button type="button" class="small" title="0" onClick=${() => setRange(null)}>Whole jobs</button><button type="button" class="small" aria-label="Zoom in" title="+" onClick=${() => zoom(0.6)}>+</button><button type="button" class="small" aria-label="Zoom out" title="−" onClick=${() => zoom(1.6)}>−</button>
      <button type="button" class="small" aria-pressed=${isTable} onClick=${() => setTable(!isTable)}>${isTable ? "As streams" : "As table"}</button>`}>
    ${isTable
      ? html`<${BusyTable} jobs=${jobs} spans=${spans} view=${view} />`
      : jobs.map((one, i) => html`<${One} key=${one.name} ...${one} span=${spans[i]} shown=${shown} whole=${whole} color=${color} view=${view} onChange=${change} onZoom=${zoom} onWhole=${() => setRange(null)} />`)}
  </${Panel}>`;
}

function spanOf(job, leases) {
  const ended = [...leases.rows.values()].reduce((most, list) => Math.max(most, list.at(-1)?.ended ?? leases.now()), 0);
  return Math.max((job.finishedAt ? Date.parse(job.finishedAt) : ended) - leases.base, 0);
}

function One({ name, job, leases, version, span, shown, whole, color, view, onChange, onZoom, onWhole }) {
  const box = useRef();
  const canvas = useRef();
  const drag = useRef(null);
  const [width, setWidth] = useState(0);
  const [hovered, setHovered] = useState(null);
  const rows = useMemo(() => layout(leases, view, true), [version, view.naming, width < 500]);
  const height = rows.height + 2;
  const origin = leases.base;
  const end = origin + span;
  const frame = {
    leases,
    rows,
    view,
    width,
    height,
    origin,
    color,
    hovered,
    pinned: null,
    hasBrush: false,
    isOpen: !job.finishedAt,
    first: origin,
    last: end,
    shown: shown.map((at) => origin + at),
    colorOf: (silo) => colorOf(silo, view.names),
    marks: [{ at: end, kind: "end", silo: null, text: `${job.finishedAt ? "end" : "so far"} ${duration(makespan(job) ?? span / 1000)}` }],
  };
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width > 0) {
      paint(canvas.current, frame);
    }
  });
  const plot = Math.max(1, width - rows.left - rows.right);
  const onMove = (event) => {
    const { x, y } = placeOf(event);
    if (!drag.current) {
      setHovered(hit(frame, x, y)?.name ?? null);
      return;
    }
    const by = ((x - drag.current.x) / plot) * (drag.current.shown[1] - drag.current.shown[0]);
    onChange(drag.current.shown.map((at) => at - by));
  };
  const onDown = (event) => {
    drag.current = { x: placeOf(event).x, shown };
    canvas.current.setPointerCapture(event.pointerId);
  };
  const onWheel = (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      onZoom(event.deltaY > 0 ? 1.25 : 0.8, shown[0] + ((placeOf(event).x - rows.left) / plot) * (shown[1] - shown[0]));
    }
  };
  useEffect(() => {
    const target = canvas.current;
    target.addEventListener("wheel", onWheel, { passive: false });
    return () => target.removeEventListener("wheel", onWheel);
  });
  const onKey = (event) => {
    const by = (shown[1] - shown[0]) * 0.25;
    const act = { ArrowLeft: () => onChange(shown.map((at) => at - by)), ArrowRight: () => onChange(shown.map((at) => at + by)), "+": () => onZoom(0.6), "-": () => onZoom(1.6), 0: onWhole }[event.key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  };
  const lease = hovered ? leases.byName.get(hovered) : null;
  const kept = leases.byName.size;
  return html`<div class="compared">
    <p class="compared-name"><b>${name}</b> <span class="muted">${job.options.placement}</span></p>
    <div ref=${box} class="stream-box" style=${{ height: `${height}px` }}>
      <canvas ref=${canvas} class="stream-canvas" tabindex="0" role="application" aria-roledescription="task stream" aria-label=${`Task stream of ${name}: ${counted(leases.granted, "lease")} in ${duration(span / 1000)}; arrows move, plus and minus zoom, 0 shows the whole jobs`}
        onPointerDown=${onDown} onPointerMove=${onMove} onPointerUp=${() => (drag.current = null)} onPointerCancel=${() => (drag.current = null)} onPointerLeave=${() => setHovered(null)} onDblClick=${onWhole} onKeyDown=${onKey}></canvas>
      ${lease ? html`<div class="stream-tip" style=${tipPlace(frame, lease)}><b>Lease ${count(lease.number)}</b> ${outcomeWord(lease.outcome)}<br />${unitsOf(lease)} · ${duration(lengthOf(lease, end) / 1000)}</div>` : null}
    </div>
    ${kept < leases.granted ? html`<p class="caption">Showing ${count(kept)} of ${counted(leases.granted, "lease")}${leases.isSample ? ": what failed or was lost, and a sample of the others; shares are of those shown" : ""}</p>` : null}
  </div>`;
}

// Which part of their slots' time the silos were busy with what is shown.
function BusyTable({ jobs, spans, view }) {
  const keys = [...new Set(jobs.flatMap(({ leases }) => leases.silos.map((silo) => silo.silo.split("@")[0])))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const busy = ({ leases }, span, key) => {
    const silos = leases.silos.filter((silo) => silo.silo.split("@")[0] === key);
    const slots = silos.reduce((sum, silo) => sum + silo.slots, 0);
    let used = 0;
    for (const [row, list] of leases.rows) {
      if (silos.some((silo) => row.startsWith(`${silo.silo}#`))) {
        used += list.slice(firstIn(list, 0)).reduce((sum, lease) => sum + ((lease.ended ?? leases.base + span) - lease.started), 0);
      }
    }
    return slots > 0 && span > 0 ? Math.min(1, used / (slots * span)) : null;
  };
  return html`<div class="table-wrap"><table aria-label="Busy share of slots by silo"><thead><tr><th scope="col">Silo</th>${jobs.map(({ name }) => html`<th key=${name} scope="col" class="number">${name}, slots busy</th>`)}</tr></thead>
    <tbody>${keys.map((key) => html`<tr key=${key}><td><b title=${key}>${siloName(key, view.naming)}</b></td>${jobs.map((one, i) => html`<td key=${one.name} class="number">${percent(busy(one, spans[i], key))}</td>`)}</tr>`)}</tbody></table></div>`;
}
