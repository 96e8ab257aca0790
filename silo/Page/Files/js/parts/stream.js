import { useEffect, useMemo, useRef, useState } from "../../vendor/hooks.mjs";
import { count, counted, duration, siloName, time, timeExact, utc } from "../format.js";
import { html } from "../html.js";
import { outcomeWord } from "../leases.js";
import { Segments } from "./segments.js";
import { AXIS, BRUSH, FUTURE, hit, layout, neighbour, paint, xOf } from "./streamDrawing.js";

const WINDOW = 60_000;
const LEAST = 50;
const COLORS = [["silo", "Silo"], ["outcome", "Outcome"], ["units", "Units"], ["attempt", "Attempt"]];
const PAGE = 100;

/** What ran where and when: a row a slot, grouped by silo. */
export function Stream({ leases, version, view, isOpen, colorOf, pinned, onPin, origin, marks, until }) {
  const [range, setRange] = useState(null);
  const [color, setColor] = useState("silo");
  const [isTable, setTable] = useState(false);
  const [hovered, setHovered] = useState(null);
  const box = useRef();
  const canvas = useRef();
  const [width, setWidth] = useState(0);
  const rows = useMemo(() => layout(leases, view), [version, view.naming]);
  const height = rows.height + AXIS + BRUSH + 12;
  const first = leases.base ?? Date.now();
  const last = isOpen ? leases.now() : until ?? Math.max(first + LEAST, ...leases.marks.map((mark) => mark.at), rows.end);
  const ahead = isOpen ? FUTURE : Math.max(LEAST, last - first) * 0.01;
  const follows = range === null && isOpen;
  const shown = range ?? (isOpen ? [Math.max(first, last + FUTURE - WINDOW), last + FUTURE] : [first, last + (last - first) * 0.01]);
  const frame = { leases, rows, shown, first, last, color, colorOf, pinned, hovered, width, height, isOpen, view, origin, marks, ahead, hasBrush: true };

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [isTable]);
  const latest = useRef(frame);
  latest.current = frame;
  useEffect(() => {
    if (width === 0 || isTable) {
      return undefined;
    }
    paint(canvas.current, latest.current);
    if (!follows || document.hidden) {
      return undefined;
    }
    const step = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 66;
    const timer = setInterval(() => {
      const now = leases.now();
      paint(canvas.current, { ...latest.current, last: now, shown: [Math.max(first, now + FUTURE - WINDOW), now + FUTURE] });
    }, step);
    return () => clearInterval(timer);
  });

  useEffect(() => {
    const again = () => paint(canvas.current, latest.current);
    addEventListener("repaint", again);
    return () => removeEventListener("repaint", again);
  }, []);

  const clamp = ([from, to]) => {
    const length = Math.min(Math.max(to - from, LEAST), Math.max(LEAST, last + ahead - first));
    const start = Math.min(Math.max(from, first), last + ahead - length);
    return [start, start + length];
  };
  const move = (share) => setRange(clamp(shown.map((at) => at + (shown[1] - shown[0]) * share)));
  const zoom = (factor, about = (shown[0] + shown[1]) / 2) => setRange(clamp(shown.map((at) => about + (at - about) * factor)));
  const whole = () => setRange([first, last + ahead]);
  const drag = useRef(null);
  const timeAt = (x) => shown[0] + ((x - rows.left) / (width - rows.left - rows.right)) * (shown[1] - shown[0]);
  const onDown = (event) => {
    const { x, y } = placeOf(event);
    drag.current = { x, shown, isBrush: y > rows.height + AXIS, moved: false };
    canvas.current.setPointerCapture(event.pointerId);
  };
  const onMove = (event) => {
    const { x, y } = placeOf(event);
    if (!drag.current) {
      setHovered(hit(frame, x, y)?.name ?? null);
      return;
    }
    const dx = x - drag.current.x;
    if (Math.abs(dx) < 3 && !drag.current.moved) {
      return;
    }
    drag.current.moved = true;
    const plot = width - rows.left - rows.right;
    const span = drag.current.isBrush ? last + ahead - first : -(drag.current.shown[1] - drag.current.shown[0]);
    setRange(clamp(drag.current.shown.map((at) => at + (dx / plot) * span)));
  };
  const onUp = (event) => {
    const { x, y } = placeOf(event);
    if (drag.current && !drag.current.moved) {
      if (drag.current.isBrush) {
        const at = first + ((x - rows.left) / (width - rows.left - rows.right)) * (last + ahead - first);
        setRange(clamp(shown.map((edge) => edge - (shown[0] + shown[1]) / 2 + at)));
      } else {
        onPin(hit(frame, x, y));
      }
    }
    drag.current = null;
  };
  const onWheel = (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(placeOf(event).x));
    }
  };
  useEffect(() => {
    const target = canvas.current;
    target?.addEventListener("wheel", onWheel, { passive: false });
    return () => target?.removeEventListener("wheel", onWheel);
  });
  const onKey = (event) => {
    const key = event.key;
    const act = {
      ArrowLeft: () => (event.shiftKey ? move(-0.25) : onPin(neighbour(leases, rows, pinned, -1, 0))),
      ArrowRight: () => (event.shiftKey ? move(0.25) : onPin(neighbour(leases, rows, pinned, 1, 0))),
      ArrowUp: () => onPin(neighbour(leases, rows, pinned, 0, -1)),
      ArrowDown: () => onPin(neighbour(leases, rows, pinned, 0, 1)),
      Home: () => onPin(neighbour(leases, rows, pinned, -Infinity, 0)),
      End: () => onPin(neighbour(leases, rows, pinned, Infinity, 0)),
      "+": () => zoom(0.6),
      "-": () => zoom(1.6),
      f: () => setRange(null),
      0: whole,
      v: () => setTable(true),
      Escape: () => onPin(null),
    }[key];
    if (act && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  };

  const bound = boundOf(leases);
  const now = hovered ? leases.byName.get(hovered) : null;
  const spoken = pinned ? sentence(pinned, view) : `Task stream: ${bound.toLowerCase()}`;
  return html`<div class="stream">
    <div class="stream-tools">
      <${Segments} label="Colour" name="stream-colour" size="small" options=${COLORS} value=${color} onChange=${setColor} />
      <span class="stream-buttons">
        ${isOpen ? html`<button type="button" class="small" aria-pressed=${follows} title="f" onClick=${() => setRange(follows ? shown : null)}>${follows ? "Following" : "Follow"}</button>` : null}
        <button type="button" class="small" title="0" onClick=${whole}>Whole job</button>
        <button type="button" class="small" aria-label="Zoom in" title="+" onClick=${() => zoom(0.6)}>+</button>
        <button type="button" class="small" aria-label="Zoom out" title="−" onClick=${() => zoom(1.6)}>−</button>
        <button type="button" class="small" aria-pressed=${isTable} title="v" onClick=${() => setTable(!isTable)}>${isTable ? "As stream" : "As table"}</button>
      </span>
    </div>
    ${isTable
      ? html`<${LeaseTable} leases=${leases} version=${version} view=${view} onPin=${onPin} />`
      : html`<div ref=${box} class="stream-box" style=${{ height: `${height}px` }}>
          <canvas ref=${canvas} class="stream-canvas" tabindex="0" role="application" aria-roledescription="task stream" aria-label=${spoken}
            onPointerDown=${onDown} onPointerMove=${onMove} onPointerUp=${onUp} onPointerLeave=${() => setHovered(null)} onDblClick=${whole} onKeyDown=${onKey}></canvas>
          ${now ? html`<div class="stream-tip" style=${tipPlace(frame, now)}><b>Lease ${count(now.number)}</b> ${outcomeWord(now.outcome)}<br />${unitsOf(now)} · ${duration(lengthOf(now, leases.now()) / 1000)}</div>` : null}
        </div>`}
    <p class="caption stream-bound">${bound}${leases.hasOthers ? html`<span class="stream-others">other jobs</span>` : null}<span class="stream-times">${time(shown[0])} – ${time(shown[1])}</span></p>
  </div>`;
}

/** Where on its element an event happened. */
function boundOf(leases) {
  const kept = leases.byName.size;
  // Those that were granted a moment ago are on their way here.
  if (kept >= leases.granted || (!leases.isSample && !leases.bandsBefore && leases.recorded >= leases.granted)) {
    return `Showing all ${counted(kept, "lease")}`;
  }
  if (leases.isSample) {
    return `Showing ${count(kept)} of ${counted(leases.granted, "lease")}: what failed or was lost, and a sample of the others`;
  }
  const older = leases.bandsBefore ? `; older than ${time(leases.bandsBefore)} not one by one` : ", those under a millisecond now and then";
  return `Showing the last ${count(kept)} of ${counted(leases.granted, "lease")}${older}`;
}

export function placeOf(event) {
  const rect = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - rect.left, y: event.clientY - rect.top };
}

/** Says which units a lease has. */
export function unitsOf(lease) {
  return lease.units === 1 ? `unit ${count(lease.from)}` : `units ${count(lease.from)} – ${count(lease.from + lease.units - 1)}`;
}

/** How long a lease has run, in milliseconds. */
export function lengthOf(lease, now) {
  return (lease.ended ?? now) - (lease.started ?? lease.granted);
}

function sentence(lease, view) {
  return `Lease ${count(lease.number)}, ${lease.silo ? siloName(lease.silo, view.naming) : "no silo yet"} slot ${lease.slot}, ${counted(lease.units, "unit")}, ${duration(lengthOf(lease, Date.now()) / 1000)}, ${outcomeWord(lease.outcome)}`;
}

/** Where the note beside a lease stands. */
export function tipPlace(frame, lease) {
  const x = xOf(frame, lease.started ?? lease.granted);
  const y = frame.rows.yOf(`${lease.silo}#${lease.slot}`) ?? 0;
  return { "--x": `${Math.min(Math.max(x, frame.rows.left), frame.width - 230)}px`, "--y": `${y + frame.rows.high + 4}px` };
}

function LeaseTable({ leases, version, view, onPin }) {
  const [page, setPage] = useState(0);
  const all = useMemo(() => [...leases.byName.values()].reverse(), [version]);
  const rows = all.slice(page * PAGE, (page + 1) * PAGE);
  return html`<div class="stream-table" tabindex="0" role="region" aria-label="Leases, newest first">
    <table><thead><tr>${["Lease", "Silo", "Slot", "Units", "Started", "Took", "Attempt", "Outcome"].map((head) => html`<th scope="col" key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${rows.map((lease) => html`<tr key=${lease.name}>
      <td><button type="button" class="link" onClick=${() => onPin(lease)}>${count(lease.number)}</button></td><td>${lease.silo ? siloName(lease.silo, view.naming) : "–"}</td><td>${lease.slot < 0 ? "–" : lease.slot}</td>
      <td>${unitsOf(lease)}</td><td title=${utc(lease.started ?? lease.granted)}>${timeExact(lease.started ?? lease.granted)}</td><td>${duration(lengthOf(lease, leases.now()) / 1000)}</td><td>${lease.attempt}</td><td>${outcomeWord(lease.outcome)}</td></tr>`)}</tbody></table>
    ${all.length > PAGE ? html`<p class="stream-pages"><button type="button" class="small" disabled=${page === 0} onClick=${() => setPage(page - 1)}>Newer</button> ${count(page * PAGE + 1)} – ${count(Math.min(all.length, (page + 1) * PAGE))} of ${count(all.length)} <button type="button" class="small" disabled=${(page + 1) * PAGE >= all.length} onClick=${() => setPage(page + 1)}>Older</button></p>` : null}
  </div>`;
}
