const dashed = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const quoted = (text) => (/^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// Options that the console calls by other names, and names that no input field can have there.
const FLAGS = { chunkUnits: "--chunk", seed: "--job-seed" };
const TAKEN = new Set(
  ("set input items-from local detach id out jobs allow-exec allow-crash json url key data gateway redis cluster-id service-id help chunk job-seed no-speculation " +
    "placement execution chunk-time on-unit-failure chunk-units max-parallel max-attempts unit-timeout deadline partial priority speculation require").split(" "),
);

const wordOf = (value) => (typeof value === "string" ? value : JSON.stringify(value));

function inputArguments([name, value]) {
  if (value === null || value === undefined) {
    return [];
  }
  if (TAKEN.has(dashed(name))) {
    return [`--set ${quoted(`${name}=${wordOf(value)}`)}`];
  }
  return [value].flat().map((item) => `--${dashed(name)} ${quoted(wordOf(item))}`);
}

function optionArguments([name, value]) {
  if (name === "speculation" || name === "partial") {
    return value === (name === "partial") ? [value ? "--partial" : "--no-speculation"] : [];
  }
  return value === null ? [] : [value].flat().map((item) => `${FLAGS[name] ?? `--${dashed(name)}`} ${quoted(wordOf(item))}`);
}

/** The command that runs the same job on the console. */
export function commandOf({ kind, input, options }, separator = " ") {
  const all = [...Object.entries(input ?? {}).flatMap(inputArguments), ...Object.entries(options).flatMap(optionArguments)];
  return [`orleanswork run ${quoted(kind)}`, ...all].join(separator);
}
