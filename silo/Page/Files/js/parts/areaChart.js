import { useEffect, useRef, useState } from "../../vendor/hooks.mjs";
import { html } from "../html.js";
import { count } from "../format.js";

const SPAN = 300_000;
const GAP = 8000;
const LEFT = 52;
const TOP = 16;
const BOTTOM = 20;

/** Five minutes of a series as an area, with a dashed line for what is the most there can be. */
export function AreaChart({ points, value, capacity, capacityLabel, label, height = 142 }) {
  const box = useRef();
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return html`<div class="chart" ref=${box} role="img" aria-label=${label} style=${{ height: `${height}px` }}>
    ${width > 0 ? draw({ points, value, capacity, capacityLabel, width, height }) : null}
  </div>`;
}

const ROW = 10_000;

/** The same points as a table: the mean of each ten seconds, newest first. */
export function PointTable({ points, value, shown, title, height = 142 }) {
  const end = points.at(-1)?.at ?? Date.now();
  const rows = Map.groupBy(points.filter((point) => point.at > end - SPAN), (point) => Math.floor((end - point.at) / ROW));
  const mean = (list) => list.reduce((sum, point) => sum + value(point), 0) / list.length;
  return html`<div class="chart point-table" tabindex="0" role="region" aria-label=${`${title}, table`} style=${{ height: `${height}px` }}>
    <table><thead><tr><th scope="col">Seconds ago</th><th scope="col" class="number">${title}, mean</th></tr></thead>
    <tbody>${[...rows.keys()].sort((a, b) => a - b).map((row) => html`<tr key=${row}><td>${row * (ROW / 1000)} – ${(row + 1) * (ROW / 1000)}</td><td class="number">${shown(mean(rows.get(row)))}</td></tr>`)}</tbody></table>
  </div>`;
}

function draw({ points, value, capacity, capacityLabel, width, height }) {
  const end = points.at(-1)?.at ?? Date.now();
  const right = width - 1;
  const base = height - BOTTOM;
  const largest = Math.max(...points.map(value), capacity ?? 0, 0);
  const top = capacity ?? nice(largest);
  const x = (at) => LEFT + ((at - end + SPAN) / SPAN) * (right - LEFT);
  const y = (amount) => base - (Math.min(amount, top * 1.1) / top) * (base - TOP);
  const shown = points.filter((point) => point.at >= end - SPAN);
  const runs = [];
  for (const [i, point] of shown.entries()) {
    if (i === 0 || point.at - shown[i - 1].at > GAP) {
      runs.push([]);
    }
    runs.at(-1).push(point);
  }
  const path = (run) => run.map((point, i) => `${i ? "L" : "M"}${x(point.at).toFixed(1)} ${y(value(point)).toFixed(1)}`).join("");
  const area = (run) => `${path(run)}L${x(run.at(-1).at).toFixed(1)} ${base}L${x(run[0].at).toFixed(1)} ${base}Z`;
  return html`<svg width=${width} height=${height} aria-hidden="true">
    ${[0, 0.5, 1].map(
      (share) => html`<line class="gridline" x1=${LEFT} x2=${right} y1=${y(top * share)} y2=${y(top * share)} />
        <text class="axis" x=${LEFT - 8} y=${y(top * share) + 4} text-anchor="end">${axisLabel(top * share)}</text>`,
    )}
    ${runs.slice(1).map((run, i) => {
      const from = x(runs[i].at(-1).at);
      return html`<rect class="missing" x=${from} y=${TOP} width=${x(run[0].at) - from} height=${base - TOP} />`;
    })}
    ${runs.map((run) => html`<path class="area" d=${area(run)} /><path class="sum" d=${path(run)} />`)}
    ${capacity
      ? html`<line class="capacity" x1=${LEFT} x2=${right} y1=${y(capacity)} y2=${y(capacity)} />
          <text class="axis most" x=${right} y=${y(capacity) - 5} text-anchor="end">${capacityLabel}</text>`
      : null}
    ${[5, 4, 3, 2, 1, 0].map((minutes) => {
      const anchor = minutes === 5 ? "start" : minutes === 0 ? "end" : "middle";
      const text = minutes === 5 ? "5 min ago" : minutes === 0 ? "now" : minutes;
      return width < 360 && minutes > 0 && minutes < 5
        ? null
        : html`<text class="axis" x=${x(end - minutes * 60_000)} y=${height - 4} text-anchor=${anchor}>${text}</text>`;
    })}
  </svg>`;
}

function axisLabel(value) {
  if (value >= 100_000) {
    return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value);
  }
  return value === 0 || value >= 10 || Number.isInteger(value) ? count(value) : value.toFixed(1);
}

function nice(value) {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 10].find((step) => step * power >= value) * power;
}
