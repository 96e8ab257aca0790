const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const one = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const plural = new Intl.PluralRules("en-US");

/** What stands for a value that is missing. */
export const NONE = "–";

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

/** A count with thousands by comma. */
export function count(value) {
  return isMissing(value) ? NONE : whole.format(value);
}

/** A count with its noun: "1 unit", "2 units". */
export function counted(value, singular, many = `${singular}s`) {
  return isMissing(value) ? `${NONE} ${many}` : `${count(value)} ${plural.select(value) === "one" ? singular : many}`;
}

/** A rate: one decimal below ten, none above. */
export function rate(value) {
  return isMissing(value) ? NONE : value >= 0.05 && value < 10 ? one.format(value) : count(value);
}

/** A share of 0 to 1 with one decimal: "74.1 %". */
export function percent(share) {
  if (isMissing(share)) {
    return NONE;
  }
  const value = share * 100;
  if (value > 0 && value < 0.05) {
    return "< 0.1 %";
  }
  return `${value === 0 || value === 100 ? value : one.format(value)} %`;
}

/** A share of 0 to 1 without decimals. */
export function wholePercent(share) {
  return isMissing(share) ? NONE : `${Math.round(share * 100)} %`;
}

/** How much of a job is done; only a whole job is 100 %. */
export function donePercent(done, total) {
  if (isMissing(total)) {
    return NONE;
  }
  if (total === 0 || done >= total) {
    return "100 %";
  }
  const value = (done / total) * 100;
  const decimals = value > 99.9 ? 2 : 1;
  const cut = Math.floor(value * 10 ** decimals) / 10 ** decimals;
  return cut === 0 ? "0 %" : `${cut.toFixed(decimals)} %`;
}

/** A duration: "938 ms", "41.2 s", "7 min 50 s", "2 d 4 h". */
export function duration(seconds) {
  if (isMissing(seconds)) {
    return NONE;
  }
  if (seconds < 0.9995) {
    return `${Math.round(seconds * 1000)} ms`;
  }
  if (seconds < 59.95) {
    return `${one.format(seconds)} s`;
  }
  return parts(Math.round(seconds));
}

/** The same, exact also where it is very short: "45 µs", "4.53 ms". */
export function fine(seconds) {
  if (isMissing(seconds)) {
    return NONE;
  }
  return seconds < 0.001 ? `${count(seconds * 1e6)} µs` : seconds < 0.0995 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 1)} ms` : duration(seconds);
}

/** A duration in whole seconds by its two largest parts. */
export function parts(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) {
    return "0 s";
  }
  let rest = seconds;
  return units
    .slice(first, first + 2)
    .map(([name, size]) => {
      const value = Math.floor(rest / size);
      rest -= value * size;
      return value > 0 ? `${value} ${name}` : "";
    })
    .filter(Boolean)
    .join(" ");
}

/** A duration rounded as time left is: to 1 s, 10 s, 1 min or 5 min. */
export function rounded(seconds) {
  const step = seconds < 60 ? 1 : seconds < 600 ? 10 : seconds < 3600 ? 60 : 300;
  return parts(Math.round(seconds / step) * step);
}

/** Time left as an interval: "7 min 50 s – 8 min 50 s". */
export function interval(eta) {
  const [low, high] = [rounded(eta.low), rounded(eta.high)];
  return low === high ? low : `${low} – ${high}`;
}

/** Time left as an interval of whole units, which is short: ["11 – 14", "min"]. */
export function shortInterval({ low, high }) {
  const [unit, size] = high >= 172_800 ? ["d", 86400] : high >= 7200 ? ["h", 3600] : high >= 120 ? ["min", 60] : ["s", 1];
  const [from, to] = [Math.floor(low / size), Math.max(1, Math.ceil(high / size))];
  return [from === to ? String(to) : `${from} – ${to}`, unit];
}

let isUtc = false;

/** Makes all times those of UTC: for what people of other places read later. */
export function showUtc() {
  isUtc = true;
}

/** A local time of 24 hours, with the date when it is not today. */
export function time(at) {
  if (isMissing(at)) {
    return NONE;
  }
  const date = new Date(at);
  const clock = clockOf(date);
  return isUtc || dayOf(date) === dayOf(new Date()) ? clock : `${dayOf(date)} ${clock}`;
}

/** Two times; the date of the second only where it is another one. */
export function timeSpan(from, to) {
  const [start, end] = [time(from), time(to)];
  const isSameDay = start.length > 8 && start.slice(0, 10) === end.slice(0, 10);
  return `${start} – ${isSameDay ? end.slice(11) : end}`;
}

/** A local time to the millisecond. */
export function timeExact(at) {
  const date = new Date(at);
  return `${time(at)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The same time in UTC, for tooltips. */
export function utc(at) {
  return isMissing(at) ? "" : `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const two = (value) => String(value).padStart(2, "0");
const clockOf = (date) => (isUtc ? date.toISOString().slice(11, 19) : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`);
const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** Bytes in KiB, MiB or GiB. */
export function bytes(value) {
  if (isMissing(value)) {
    return NONE;
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 || scaled >= 100 ? count(scaled) : one.format(scaled)} ${units[unit]}`;
}

// Written as escapes: they could turn a name around or hide a part of it.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Makes control and direction characters visible; line breaks and tabs stay. */
export function visible(text) {
  return String(text ?? "").replace(hidden, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same on one line. */
export function oneLine(text) {
  return visible(text).replace(/\s*[\n\t]\s*/g, " ");
}

/** Cuts a text, with an ellipsis where something is missing. */
export function cut(text, most = 200) {
  const shown = visible(text);
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

/** An error's type without its namespace. */
export function errorName(type) {
  return oneLine(type).split(".").pop();
}

/** Parts of a silo's address: host, port, generation. */
export function siloParts(silo) {
  const [address, generation = ""] = String(silo).split("@");
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: address.slice(colon + 1), generation, address };
}

/** Says how silos are told apart: by host, by port, or by both. */
export function siloNaming(silos) {
  const all = silos.map(siloParts);
  const hosts = new Set(all.map((silo) => silo.host)).size;
  const ports = new Set(all.map((silo) => silo.port)).size;
  return hosts === 1 && ports > 1 ? "port" : ports <= 1 ? "host" : "both";
}

/** The part of a silo's address that differs from the others'. */
export function siloName(silo, naming = "both") {
  if (!silo) {
    return NONE;
  }
  const { host, port, address } = siloParts(silo);
  return oneLine(naming === "port" ? `:${port}` : naming === "host" ? host : address);
}

/** The part of a silo's address that its name leaves out. */
export function siloRest(silo, naming) {
  const { host, port, generation } = siloParts(silo);
  const rest = naming === "port" ? host : naming === "host" ? port : "";
  return oneLine(generation ? `${rest}@${generation}` : rest);
}
