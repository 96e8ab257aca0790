import { html } from "../html.js";
import { count, visible } from "../format.js";
import { Icon } from "./icons.js";
import { Segments } from "./segments.js";

const MOST_SEGMENTS = 4;

/** The type of a schema without null. */
export function typeOf(schema) {
  if (schema.enum) {
    return "enum";
  }
  const types = [schema.type ?? "object"].flat().filter((type) => type !== "null");
  return types[0] ?? "object";
}

/** The text of a schema's default, for a placeholder. */
function defaultText(schema) {
  const value = schema.default;
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) {
    return null;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The description of a field with its range and default. */
function hintOf(schema, isOption) {
  const { minimum: low, maximum: high } = schema;
  const range =
    low !== undefined && high !== undefined
      ? `${count(low)} to ${count(high)}`
      : low !== undefined
        ? `at least ${count(low)}`
        : high !== undefined
          ? `at most ${count(high)}`
          : null;
  const fallback = isOption ? null : defaultText(schema);
  const number = typeof schema.default === "number" && Number.isInteger(schema.default) ? count(schema.default) : fallback;
  return [schema.description, range, number === null ? null : `default ${number}`].filter(Boolean).join("; ");
}

/** Reads the text of a field: {json, problem}; json is null where the default holds. */
export function readField(schema, text) {
  const type = typeOf(schema);
  if (text === undefined || text === null || text === "") {
    return { json: null };
  }
  if (type === "integer") {
    const digits = text.replace(/[,_\s]/g, "");
    if (!/^-?\d+$/.test(digits)) {
      return { json: JSON.stringify(text), problem: `is “${visible(text)}”; a whole number is needed` };
    }
    const json = digits.replace(/^(-?)0+(?=\d)/, "$1");
    return { json, problem: outside(schema, Number(json), json) };
  }
  if (type === "number") {
    const number = Number(text.replace(/[,_\s]/g, ""));
    return Number.isFinite(number)
      ? { json: JSON.stringify(number), problem: outside(schema, number, text) }
      : { json: JSON.stringify(text), problem: `is “${visible(text)}”; a number is needed` };
  }
  if (type === "boolean") {
    return { json: String(text) };
  }
  if (type === "array") {
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    const items = lines.map((line) => readField(schema.items ?? { type: "string" }, line));
    return lines.length === 0 ? { json: null } : { json: `[${items.map((item) => item.json).join(",")}]`, problem: items.find((item) => item.problem)?.problem };
  }
  if (type === "object") {
    try {
      JSON.parse(text);
      return { json: text };
    } catch (error) {
      return { json: null, problem: `is no JSON: ${error.message}` };
    }
  }
  return { json: JSON.stringify(text) };
}

function outside(schema, number, text) {
  const shown = /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? count(number) : text;
  if (schema.minimum !== undefined && number < schema.minimum) {
    return `is ${shown}; at least ${count(schema.minimum)}`;
  }
  return schema.maximum !== undefined && number > schema.maximum ? `is ${shown}; at most ${count(schema.maximum)}` : undefined;
}

/** One field of a form, drawn by its schema. */
export function Field({ id, name, label, schema, value, isRequired, problem, onChange, onBlur, isOption }) {
  const type = typeOf(schema);
  const hint = hintOf(schema, isOption);
  const described = problem || hint ? `${id}-hint` : undefined;
  const shared = {
    id,
    name,
    "aria-describedby": described,
    "aria-invalid": problem ? "true" : undefined,
    "aria-required": isRequired ? "true" : undefined,
    onBlur,
  };
  const input = () => {
    if (type === "boolean") {
      const isOn = value === undefined || value === "" ? Boolean(schema.default) : value === "true";
      return html`<label class="switch"><input type="checkbox" role="switch" ...${shared} checked=${isOn} onChange=${(event) => onChange(String(event.target.checked))} /><span>${isOn ? "on" : "off"}</span></label>`;
    }
    if (type === "enum" && schema.enum.length <= MOST_SEGMENTS) {
      return html`<${Segments} label=${label ?? name} name=${id} value=${value || schema.default} options=${schema.enum.map((word, i) => [word, String(schema.words?.[i] ?? word)])} onChange=${onChange} />`;
    }
    if (type === "enum") {
      return html`<select class="input mono" ...${shared} value=${value || schema.default} onChange=${(event) => onChange(event.target.value)}>
        ${schema.enum.map((word) => html`<option value=${word}>${word}</option>`)}
      </select>`;
    }
    const typed = { ...shared, value: value ?? "", onInput: (event) => onChange(event.target.value), spellcheck: "false", autocomplete: "off" };
    if (type === "array" || type === "object") {
      return html`<textarea class="input mono" rows="3" ...${typed} placeholder=${type === "array" ? "one per line" : "{ }"}></textarea>`;
    }
    return html`<input class="input mono" type="text" inputmode=${type === "integer" ? "numeric" : type === "number" ? "decimal" : undefined} ...${typed} placeholder=${defaultText(schema) ?? ""} />`;
  };
  const isGroup = type === "enum" && schema.enum.length <= MOST_SEGMENTS;
  const title = html`${label ?? name}${isOption ? null : html` <span class="type">${type === "enum" ? "one of" : type}</span>`}${isRequired ? html` <span class="required">required</span>` : null}`;
  return html`<div class="field ${problem ? "wrong" : ""} ${type === "array" || type === "object" ? "full" : ""}">
    ${isGroup || type === "boolean" ? html`<span class="label" id=${`${id}-label`}>${title}</span>` : html`<label for=${id}>${title}</label>`}
    ${input()}
    ${problem
      ? html`<p class="hint problem" id=${described}><${Icon} name="cross" size=${10} />${visible(problem)}</p>`
      : hint
        ? html`<p class="hint" id=${described}>${visible(hint)}</p>`
        : null}
  </div>`;
}
