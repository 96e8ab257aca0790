import { useRef, useState } from "../../vendor/hooks.mjs";
import { whyNot } from "../actions.js";
import { send } from "../api.js";
import { oneLine, visible } from "../format.js";
import { html } from "../html.js";
import { learn } from "../live.js";
import { announce } from "../notify.js";
import { Icon } from "../parts/icons.js";
import { Segments } from "../parts/segments.js";
import { useStore } from "../store.js";

const PLACEMENTS = ["random", "round-robin", "least-loaded", "adaptive"].map((word) => [word, word]);
const EXECUTIONS = ["pooled", "spawned"].map((word) => [word, word]);
const TIMES = ["50ms", "250ms", "1s"];
const FIXED = "fixed";
const WORDS = {
  placement: "placement",
  execution: "execution",
  chunkTime: "lease time",
  chunkUnits: "units per lease",
  maxParallel: "most leases in flight",
  priority: "priority",
  speculation: "speculation",
};

/** What of an open job can be changed while it goes on; the server says what became of it. */
export function JobControls({ job }) {
  const [pending, setPending] = useState(null);
  const [problem, setProblem] = useState(null);
  const [isFixing, setFixing] = useState(false);
  const me = useStore((state) => state.me);
  const connection = useStore((state) => state.connection);
  const reason = whyNot("submitter", { me, connection });
  const last = useRef(Promise.resolve());
  const { options } = job;

  // One after the other, so that the last choice is the one that holds. Values are JSON as it is sent: numbers of any length keep their digits.
  const change = (name, json, more = "") => {
    const mine = last.current.then(() => ask(name, json, more));
    last.current = mine;
    setPending(name);
    return mine.then(() => last.current === mine && setPending(null));
  };
  const ask = async (name, json, more) => {
    setProblem(null);
    try {
      const response = await send("PATCH", `/api/jobs/${encodeURIComponent(job.id)}/options`, { body: `{"${name}":${json}${more}}` });
      learn(await response.json());
      announce(`Changed ${WORDS[name]}`);
    } catch (error) {
      const [text] = error.errors?.[name] ?? [];
      setProblem({ name, text: `Not changed: ${text ?? oneLine(error.message)}` });
    }
  };
  const isOff = Boolean(reason);
  const control = (names, label, body) => {
    const wrong = problem && names.includes(problem.name);
    return html`<div class="control ${reason ? "off" : ""} ${wrong ? "wrong" : ""}" title=${reason ?? undefined} aria-busy=${names.includes(pending) ? "true" : undefined}>
      <span class="control-label" id=${`control-${names[0]}`}>${label}</span>
      ${body}
      ${wrong ? html`<p class="hint problem" role="alert"><${Icon} name="cross" size=${10} />${visible(problem.text)}</p>` : null}
    </div>`;
  };
  const chosen = (name) => (value) => change(name, JSON.stringify(value));
  const isFixed = isFixing || options.chunkUnits !== null;
  const times = TIMES.includes(options.chunkTime) ? TIMES : [...TIMES, options.chunkTime];
  const pickTime = (time) => {
    setFixing(time === FIXED);
    if (time !== FIXED) {
      change("chunkTime", JSON.stringify(time), `,"chunkUnits":null`);
    }
  };

  return html`<section class="panel span-12" aria-labelledby="controls">
    <h2 class="hidden" id="controls">Controls</h2>
    <div class="controls">
      ${control(["placement"], "Placement", html`<${Segments} label="Placement" name="control-placement" options=${PLACEMENTS} value=${options.placement} isOff=${isOff} onChange=${chosen("placement")} />`)}
      ${control(["execution"], "Execution", html`<${Segments} label="Execution" name="control-execution" options=${EXECUTIONS} value=${options.execution} isOff=${isOff} onChange=${chosen("execution")} />`)}
      ${control(
        ["chunkTime", "chunkUnits"],
        "Lease time",
        html`<${Segments} label="Lease time" name="control-time" options=${[...times.map((time) => [time, time]), [FIXED, "fixed units"]]} value=${isFixed ? FIXED : options.chunkTime} isOff=${isOff} onChange=${pickTime} />
          ${isFixed ? html`<${NumberBox} label="Units per lease" placeholder="units" value=${options.chunkUnits} isOff=${isOff} onSet=${(json) => json !== "null" && change("chunkUnits", json)} />` : null}`,
      )}
      ${control(["maxParallel"], "Most leases in flight", html`<${NumberBox} label="Most leases in flight" placeholder="no limit" value=${options.maxParallel} isOff=${isOff} onSet=${(json) => change("maxParallel", json)} />`)}
      ${control(
        ["priority"],
        "Priority",
        html`<span class="select"><select aria-label="Priority" value=${String(options.priority)} disabled=${isOff} onChange=${(event) => change("priority", event.target.value)}>
            ${[...Array(10).keys()].map((number) => html`<option key=${number} value=${String(number)} selected=${number === options.priority}>${number}</option>`)}
          </select><${Icon} name="chevron" size=${10} /></span>`,
      )}
      ${control(
        ["speculation"],
        "Speculation",
        html`<label class="switch"><input type="checkbox" role="switch" aria-label="Speculation" checked=${options.speculation} disabled=${isOff} onChange=${(event) => change("speculation", String(event.target.checked))} /><span>${options.speculation ? "on" : "off"}</span></label>`,
      )}
      <span class="note controls-note">${pending ? `Changing ${WORDS[pending]}` : "Changes apply to leases granted from then on"}</span>
    </div>
  </section>`;
}

/** A number that is set by Enter, or when the box is left; empty stands for null. */
function NumberBox({ label, placeholder, value, isOff, onSet }) {
  const [text, setText] = useState(null);
  const shown = value === null || value === undefined ? "" : String(value);
  const done = ({ target }) => {
    const typed = target.value.replace(/[,_\s]/g, "");
    setText(null);
    if (typed !== shown) {
      onSet(typed === "" ? "null" : /^-?\d+$/.test(typed) ? typed.replace(/^(-?)0+(?=\d)/, "$1") : JSON.stringify(target.value));
    }
  };
  return html`<input class="input mono number-box" type="text" inputmode="numeric" autocomplete="off" spellcheck="false" aria-label=${label} placeholder=${placeholder}
    value=${text ?? shown} disabled=${isOff} onInput=${(event) => setText(event.target.value)} onBlur=${done}
    onKeyDown=${(event) => (event.key === "Enter" ? done(event) : event.key === "Escape" ? setText(null) : null)} />`;
}
