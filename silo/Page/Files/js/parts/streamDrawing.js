import { counted, percent, siloName, time, timeExact } from "../format.js";

const LEFT = 150;
const RIGHT = 76;
const NARROW_LEFT = 44;
const GROUP = 9;
/** How high the axis above the rows is. */
export const AXIS = 18;
/** How high the strip of the whole job below them is. */
export const BRUSH = 40;
/** How much of the time to come is shown while a job runs, in milliseconds. */
export const FUTURE = 2200;
const CROWD = 12_000;
const WORDS = { lost: "lost", joined: "back", draining: "drain", undrained: "undrained", quarantined: "quarantined", released: "released", paused: "paused", resumed: "resumed", options: "options" };

/** Where each slot's row is: silos in the order of their names, those without a lease as one line; compact where two streams share a view. */
export function layout(leases, view, isCompact = false) {
  const isNarrow = innerWidth < 600;
  const groups = leases.silos.map((silo) => {
    let slots = silo.slots;
    for (const row of leases.rows.keys()) {
      if (row.startsWith(`${silo.silo}#`)) {
        slots = Math.max(slots, Number(row.slice(silo.silo.length + 1)) + 1);
      }
    }
    return { ...silo, rows: slots, has: [...leases.rows.keys()].some((row) => row.startsWith(`${silo.silo}#`)) };
  });
  const all = groups.filter((group) => group.has).reduce((sum, group) => sum + group.rows, 0);
  const isCollapsed = all > 96;
  const [least, most, room] = isCompact ? [3, 8, 200] : [6, 14, 440];
  const high = isCollapsed ? 24 : Math.max(least, Math.min(most, Math.floor(room / Math.max(1, all))));
  const places = new Map();
  const drawn = [];
  let y = AXIS;
  for (const group of groups) {
    const lines = group.has ? (isCollapsed ? 1 : group.rows) : 0;
    const tall = Math.max(lines * high, group.has && !isCompact ? Math.min(34, 18 + lines * 4) : 18);
    drawn.push({ ...group, y, height: tall });
    for (let slot = 0; slot < group.rows; slot++) {
      places.set(`${group.silo}#${slot}`, isCollapsed ? y : y + slot * high);
    }
    y += tall + GROUP;
  }
  let end = 0;
  for (const list of leases.rows.values()) {
    end = Math.max(end, list.at(-1)?.ended ?? 0, list.at(-1)?.started ?? 0);
  }
  return { groups: drawn, height: y, high, isCollapsed, end, left: isNarrow ? NARROW_LEFT : LEFT, right: isNarrow ? 0 : RIGHT, yOf: (row) => places.get(row) };
}

/** Where a time is drawn. */
export function xOf({ rows, shown, width }, at) {
  return rows.left + ((at - shown[0]) / (shown[1] - shown[0])) * (width - rows.left - rows.right);
}

/** The place of the first lease of a row that ends in or after the window. */
export function firstIn(list, from) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle].ended ?? Infinity) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** The lease at a point, or null. */
export function hit(frame, x, y) {
  if (y > frame.rows.height) {
    return null;
  }
  const at = frame.shown[0] + ((x - frame.rows.left) / (frame.width - frame.rows.left - frame.rows.right)) * (frame.shown[1] - frame.shown[0]);
  const slack = ((frame.shown[1] - frame.shown[0]) / frame.width) * 3;
  for (const [row, list] of frame.leases.rows) {
    const top = frame.rows.yOf(row);
    if (top === undefined || y < top || y >= top + frame.rows.high) {
      continue;
    }
    for (let i = firstIn(list, at - slack); i < list.length && list[i].started <= at + slack; i++) {
      return list[i];
    }
  }
  return null;
}

/** The lease beside another one in its row, or in the row above or below; the newest of the first row without one. */
export function neighbour(leases, rows, pinned, along, across) {
  const names = rows.groups.flatMap((group) => Array.from({ length: group.rows }, (_, slot) => `${group.silo}#${slot}`)).filter((row) => leases.rows.get(row)?.length > 0);
  if (names.length === 0) {
    return null;
  }
  const row = pinned ? names.indexOf(`${pinned.silo}#${pinned.slot}`) : -1;
  if (row < 0) {
    return leases.rows.get(names[0]).at(-1);
  }
  if (across !== 0) {
    const list = leases.rows.get(names[Math.min(Math.max(row + across, 0), names.length - 1)]);
    return list[Math.min(firstIn(list, pinned.started), list.length - 1)];
  }
  const list = leases.rows.get(names[row]);
  return list[Math.min(Math.max(list.indexOf(pinned) + (Number.isFinite(along) ? along : along > 0 ? list.length : -list.length), 0), list.length - 1)];
}

/** Draws a frame {leases, rows, shown, first, last, color, colorOf, pinned, hovered, width, height, isOpen, view, origin, hasBrush, ahead, marks}. */
export function paint(canvas, frame) {
  if (!canvas) {
    return;
  }
  const { width, height, rows, shown, leases } = frame;
  const ratio = Math.min(2, devicePixelRatio || 1);
  if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.setProperty("width", `${width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
  const g = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const colors = Object.fromEntries(["idle", "line", "line2", "text", "text2", "text3", "track", "fail", "warn", "a-compute", "a-spec", "a-elsewhere", "s2", "other", "surface"].map((name) => [name, token(`--${name}`)]));
  const font = style.getPropertyValue("--font");
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = `12px ${font}`;
  g.textBaseline = "alphabetic";
  const right = width - rows.right;
  axis(g, frame, colors, right);
  let inView = 0;
  for (const list of leases.rows.values()) {
    inView += Math.max(0, list.length - firstIn(list, shown[0]));
  }
  for (const group of rows.groups) {
    gutter(g, frame, group, colors, right);
    if (!group.has) {
      continue;
    }
    const isCrowded = inView > CROWD;
    for (let slot = 0; slot < group.rows; slot++) {
      const y = rows.yOf(`${group.silo}#${slot}`);
      if (!rows.isCollapsed || slot === 0) {
        g.fillStyle = colors.idle;
        g.fillRect(rows.left, y, right - rows.left, rows.high - 1);
      }
      if (!rows.isCollapsed) {
        others(g, frame, leases.others.get(`${group.silo}#${slot}`) ?? [], y, colors, right);
      }
      const list = leases.rows.get(`${group.silo}#${slot}`) ?? [];
      if (isCrowded || rows.isCollapsed) {
        band(g, frame, group, list, y, colors, right);
      } else {
        blocks(g, frame, group, list, y, colors, right);
      }
    }
  }
  marks(g, frame, colors, right);
  if (frame.hasBrush) {
    brush(g, frame, colors, right);
  }
}

function fillOf(frame, lease, colors, silo) {
  if (frame.color === "outcome") {
    return { failed: colors.fail, lost: colors.fail, overtaken: colors["a-spec"] }[lease.outcome] ?? colors["a-compute"];
  }
  if (frame.color === "attempt") {
    return lease.attempt === 1 ? colors["a-compute"] : lease.attempt === 2 ? colors.s2 : colors.fail;
  }
  return frame.color === "units" ? colors["a-compute"] : silo;
}

function blocks(g, frame, group, list, y, colors, right) {
  const { shown, rows, leases, pinned, hovered } = frame;
  const silo = tokenColor(frame.colorOf(group.silo));
  const now = frame.last;
  const high = rows.high - 1;
  for (let i = firstIn(list, shown[0]); i < list.length && list[i].started < shown[1]; i++) {
    const lease = list[i];
    const isRunning = lease.ended === null;
    const x = Math.max(rows.left, xOf(frame, lease.started));
    const end = Math.min(right, xOf(frame, isRunning ? now : lease.ended));
    const wide = Math.max(0.6, end - x - (end - x >= 4 ? 1 : 0));
    const isBad = ["failed", "lost"].includes(lease.outcome);
    g.globalAlpha = (pinned && pinned !== lease ? 0.32 : 1) * (i % 2 ? 0.8 : 0.92) * (frame.color === "units" ? 0.25 + 0.75 * Math.min(1, Math.log2(lease.units + 1) / 12) : 1);
    g.fillStyle = lease.outcome === "failed" ? colors.fail : fillOf(frame, lease, colors, silo);
    if (["lost", "overtaken"].includes(lease.outcome)) {
      hatch(g, x, y, wide, high, lease.outcome === "lost" ? colors.fail : colors["a-spec"]);
    } else {
      g.fillRect(x, y, wide, high);
    }
    if (lease.outcome === "yielded" && wide > 6) {
      g.fillStyle = colors.idle;
      g.beginPath();
      g.moveTo(x + wide, y);
      g.lineTo(x + wide - Math.min(5, high), y);
      g.lineTo(x + wide, y + Math.min(5, high));
      g.fill();
    }
    g.globalAlpha = pinned && pinned !== lease ? 0.32 : 1;
    if (isBad && lease.outcome === "failed" && wide >= 6) {
      cross(g, x + wide / 2, y + high / 2, Math.min(3, high / 3), colors.surface);
    }
    if (lease.attempt > 1 || lease.second > 0) {
      diamond(g, x + 3, y + high / 2, Math.min(3, high / 2), colors.text);
    }
    if (isRunning) {
      g.fillStyle = colors.text;
      g.fillRect(Math.min(right, end) - 1.5, y, 1.5, high);
      const until = Math.min(right, xOf(frame, lease.started + lease.budget));
      if (until > end + 2) {
        g.strokeStyle = silo;
        g.setLineDash([2, 2]);
        g.strokeRect(end + 0.5, y + 0.5, until - end - 1, high - 1);
        g.setLineDash([]);
      }
    }
    if (lease === pinned || lease.name === hovered) {
      g.strokeStyle = colors.text;
      g.strokeRect(x - 0.5, y - 0.5, wide + 1, high + 1);
    }
  }
  g.globalAlpha = 1;
  void leases;
}

// Leases of other jobs: they are why a slot that looks idle was not.
function others(g, frame, list, y, colors, right) {
  const { shown, rows, last } = frame;
  g.fillStyle = colors.other;
  for (let i = firstIn(list, shown[0]); i < list.length && list[i].started < shown[1]; i++) {
    const x = Math.max(rows.left, xOf(frame, list[i].started));
    const end = Math.min(right, xOf(frame, list[i].ended ?? last));
    g.fillRect(x, y, Math.max(0.6, end - x - (end - x >= 4 ? 1 : 0)), rows.high - 1);
  }
}

// Too many to tell apart: the share of each pixel's time that was busy.
function band(g, frame, group, list, y, colors, right) {
  const { rows, shown } = frame;
  const columns = Math.max(1, Math.floor(right - rows.left));
  const share = new Float32Array(columns);
  const bad = new Uint8Array(columns);
  const step = (shown[1] - shown[0]) / columns;
  for (let i = firstIn(list, shown[0]); i < list.length && list[i].started < shown[1]; i++) {
    const from = (list[i].started - shown[0]) / step;
    const to = ((list[i].ended ?? frame.last) - shown[0]) / step;
    for (let column = Math.max(0, Math.floor(from)); column < Math.min(columns, Math.ceil(to)); column++) {
      share[column] += Math.max(0, Math.min(to, column + 1) - Math.max(from, column));
      bad[column] |= ["failed", "lost"].includes(list[i].outcome) ? 1 : 0;
    }
  }
  const lines = rows.isCollapsed ? group.rows : 1;
  const high = rows.high - 1;
  g.fillStyle = tokenColor(frame.colorOf(group.silo));
  for (let column = 0; column < columns; column++) {
    if (share[column] > 0) {
      g.globalAlpha = rows.isCollapsed ? 1 / Math.max(1, lines / 4) : Math.min(1, 0.25 + share[column] * 0.75);
      g.fillRect(rows.left + column, y, 1, high);
    }
  }
  g.globalAlpha = 1;
  g.fillStyle = colors.fail;
  for (let column = 0; column < columns; column++) {
    if (bad[column]) {
      g.fillRect(rows.left + column, y, 1, 1);
    }
  }
}

function gutter(g, frame, group, colors, right) {
  const { rows, leases, last } = frame;
  g.fillStyle = tokenColor(frame.colorOf(group.silo));
  g.fillRect(0, group.y, 4, group.height - 1);
  g.fillStyle = colors.text;
  g.font = `600 12px ${getComputedStyle(document.documentElement).getPropertyValue("--font")}`;
  const isNarrow = rows.left < LEFT;
  const name = siloName(group.silo, frame.view.naming);
  g.fillText(isNarrow ? name.slice(-5) : name, 10, group.y + 12, rows.left - 14);
  g.font = g.font.replace("600 ", "");
  g.fillStyle = colors.text3;
  if (!group.has) {
    g.fillText("no lease of this job", rows.left, group.y + 12);
    return;
  }
  if (!isNarrow && group.height >= 28) {
    g.fillText(`${counted(group.slots, "slot")} · ${(frame.view.speeds?.[group.silo] ?? 1 / Math.max(0.1, group.slowness)).toFixed(2)}×`, 10, group.y + 27, rows.left - 14);
  }
  if (isNarrow) {
    return;
  }
  let busy = 0;
  let used = 0;
  for (let slot = 0; slot < group.rows; slot++) {
    const list = leases.rows.get(`${group.silo}#${slot}`) ?? [];
    for (let i = firstIn(list, frame.shown[0]); i < list.length && list[i].started < frame.shown[1]; i++) {
      used += Math.min(frame.shown[1], list[i].ended ?? last) - Math.max(frame.shown[0], list[i].started);
      busy += list[i].ended === null ? 1 : 0;
    }
  }
  const span = (Math.min(frame.shown[1], last) - Math.max(frame.shown[0], frame.first)) * Math.max(1, group.slots);
  g.textAlign = "right";
  g.fillStyle = colors.text2;
  const isLow = group.height < 28;
  g.fillText(isLow && span > 0 ? percent(Math.min(1, used / span)) : frame.isOpen ? `${busy} / ${group.slots}` : counted(group.slots, "slot"), frame.width - 4, group.y + 12);
  if (!isLow && span > 0) {
    g.fillStyle = colors.text3;
    g.fillText(percent(Math.min(1, used / span)), frame.width - 4, group.y + 27);
  }
  g.textAlign = "left";
  void right;
}

function axis(g, frame, colors, right) {
  const { rows, shown } = frame;
  const wanted = (shown[1] - shown[0]) / Math.max(2, (right - rows.left) / 110);
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5].find((candidate) => candidate >= wanted) ?? 36e5 * Math.ceil(wanted / 36e5);
  g.fillStyle = colors.text3;
  g.strokeStyle = colors.line;
  g.textAlign = "center";
  const zero = frame.origin ?? 0;
  for (let at = zero + Math.ceil((shown[0] - zero) / step) * step; at < shown[1]; at += step) {
    const x = Math.round(xOf(frame, at)) + 0.5;
    g.beginPath();
    g.moveTo(x, AXIS - 4);
    g.lineTo(x, rows.height - GROUP);
    g.stroke();
    if (x > rows.left + (frame.origin === undefined ? 24 : -1) && x < right - 24) {
      g.fillText(frame.origin === undefined ? (step < 1000 ? timeExact(at) : time(at)) : sinceOrigin(at - frame.origin, step), x, 11);
    }
  }
  g.textAlign = "left";
}

function sinceOrigin(ms, step) {
  return step < 1000 ? `${Math.round(ms)} ms` : ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 6000) / 10} min`;
}

function marks(g, frame, colors, right) {
  const { rows, shown, leases } = frame;
  let taken = -Infinity;
  for (const mark of [...leases.marks, ...(frame.marks ?? [])]) {
    if (mark.at < shown[0] || mark.at > shown[1]) {
      continue;
    }
    const group = mark.silo ? rows.groups.find((one) => one.silo === mark.silo) : null;
    const x = Math.round(xOf(frame, mark.at)) + 0.5;
    const [top, bottom] = group ? [group.y, group.y + group.height] : [AXIS, rows.height - GROUP];
    g.strokeStyle = { lost: colors.fail, quarantined: colors["a-spec"], end: colors.text2 }[mark.kind] ?? colors.warn;
    g.setLineDash([4, 3]);
    g.beginPath();
    g.moveTo(x, top);
    g.lineTo(x, bottom);
    g.stroke();
    g.setLineDash([]);
    const text = ["options", "end"].includes(mark.kind) && mark.text ? mark.text : WORDS[mark.kind] ?? mark.kind;
    const wide = g.measureText(text).width + 8;
    const left = x + wide + 4 > right ? x - wide - 2 : x + 2;
    if (group || left > taken) {
      g.fillStyle = colors.surface;
      g.fillRect(left, top, wide, 16);
      g.strokeRect(left + 0.5, top + 0.5, wide - 1, 15);
      g.fillStyle = colors.text;
      g.fillText(text, left + 4, top + 12);
      taken = group ? taken : left + wide;
    }
  }
}

function brush(g, frame, colors, right) {
  const { rows, leases, first, last, shown } = frame;
  const top = rows.height + AXIS - 8;
  const high = BRUSH;
  const plot = right - rows.left;
  const span = last + frame.ahead - first;
  const columns = Math.max(1, Math.floor(plot / 2));
  const used = new Float32Array(columns);
  for (const list of leases.rows.values()) {
    for (const lease of list) {
      const from = ((lease.started - first) / span) * columns;
      const to = (((lease.ended ?? last) - first) / span) * columns;
      for (let column = Math.max(0, Math.floor(from)); column < Math.min(columns, Math.ceil(to)); column++) {
        used[column] += Math.max(0, Math.min(to, column + 1) - Math.max(from, column));
      }
    }
  }
  const most = Math.max(1, leases.silos.reduce((sum, silo) => sum + silo.slots, 0), ...used);
  g.fillStyle = colors.idle;
  g.fillRect(rows.left, top, plot, high);
  g.fillStyle = colors["a-compute"];
  for (let column = 0; column < columns; column++) {
    const share = (used[column] / most) * (high - 4);
    g.fillRect(rows.left + column * 2, top + high - share, 2, share);
  }
  const x = (at) => rows.left + Math.min(1, Math.max(0, (at - first) / span)) * plot;
  const [from, to] = shown.map(x);
  g.strokeStyle = colors.text2;
  g.strokeRect(from + 0.5, top + 0.5, Math.max(2, to - from - 1), high - 1);
  g.fillStyle = colors.text2;
  for (const edge of [from, to]) {
    g.fillRect(edge - 3, top + high / 2 - 8, 6, 16);
  }
}

function hatch(g, x, y, wide, high, color) {
  g.save();
  g.beginPath();
  g.rect(x, y, wide, high);
  g.clip();
  g.strokeStyle = color;
  g.lineWidth = 1.5;
  for (let at = x - high; at < x + wide; at += 4) {
    g.beginPath();
    g.moveTo(at, y + high);
    g.lineTo(at + high, y);
    g.stroke();
  }
  g.restore();
}

function cross(g, x, y, size, color) {
  g.strokeStyle = color;
  g.beginPath();
  g.moveTo(x - size, y - size);
  g.lineTo(x + size, y + size);
  g.moveTo(x + size, y - size);
  g.lineTo(x - size, y + size);
  g.stroke();
}

function diamond(g, x, y, size, color) {
  g.fillStyle = color;
  g.beginPath();
  g.moveTo(x, y - size);
  g.lineTo(x + size, y);
  g.lineTo(x, y + size);
  g.lineTo(x - size, y);
  g.fill();
}

function tokenColor(value) {
  const name = /^var\((.+)\)$/.exec(value)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : value;
}
