const DEFAULTS = { placement: "adaptive", execution: "pooled", chunkTime: "50ms", maxAttempts: 3, onUnitFailure: "fail", priority: 4 };

/** The options of a job that are not as they are by themselves. */
export function changedOptions(options) {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => value !== DEFAULTS[name]));
}

/** The options of a job, a few words each. */
export function optionTags(options) {
  return Object.entries(options)
    .filter(([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => {
      const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      return `${words} ${value === true ? "on" : value === false ? "off" : Array.isArray(value) ? value.join(", ") : value}`;
    });
}

/** A document with a member a line, whatever it holds. */
export function compact(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  return `{\n${Object.entries(value).map(([name, member]) => `  ${JSON.stringify(name)}: ${JSON.stringify(member)}`).join(",\n")}\n}`;
}
