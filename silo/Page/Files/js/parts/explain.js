import { useState } from "../../vendor/hooks.mjs";
import { count, counted, cut, duration, oneLine, siloName, timeExact, utc } from "../format.js";
import { html } from "../html.js";
import { useLoad } from "../loading.js";
import { Icon } from "./icons.js";

/** Says why a unit, or the whole job, ran where it did and what it waits for. */
export function ExplainUnit({ job, view }) {
  const [text, setText] = useState("");
  const [unit, setUnit] = useState(null);
  const { data, error } = useLoad(`/api/jobs/${encodeURIComponent(job.id)}/explain${unit === null ? "" : `?unit=${unit}`}`);
  const submit = (event) => {
    event.preventDefault();
    const digits = text.replaceAll(",", "").trim();
    setUnit(/^\d+$/.test(digits) ? digits : null);
  };
  return html`<form class="explain-form" onSubmit=${submit}>
      <label for="explain-unit">Unit</label><input id="explain-unit" class="input mono" inputmode="numeric" autocomplete="off" placeholder=${job.units.total ? `0 – ${count(job.units.total - 1)}` : "0"} value=${text} onInput=${(event) => setText(event.target.value)} />
      <button type="submit" class="small">Explain</button>${unit === null ? null : html`<button type="button" class="link" onClick=${() => { setText(""); setUnit(null); }}>The whole job</button>`}
    </form>
    ${error && ![0, 429, 503].includes(error.status) ? html`<p class="fail">${oneLine(error.message)}</p>` : null}
    ${data ? html`<${Told} told=${data} view=${view} />` : null}`;
}

/** The card of one lease. */
export function LeaseCard({ job, lease, view, onClose }) {
  const { data, error } = useLoad(`/api/jobs/${encodeURIComponent(job.id)}/explain?lease=${lease.number}`);
  const about = data?.lease;
  return html`<aside class="lease-card" aria-label=${`Lease ${count(lease.number)}`}>
    <div class="lease-head"><b>Lease ${count(lease.number)}</b> <span class="muted">${about?.outcome ?? lease.outcome}</span><button type="button" class="quiet" aria-label="Close" onClick=${onClose}><${Icon} name="cross" /></button></div>
    ${error ? html`<p class="fail">${oneLine(error.message)}</p>` : null}
    ${data && !data.recorded ? html`<p class="muted">Not recorded any more: the silo keeps the newest 32 MiB.</p>` : null}
    ${about ? html`<p>${counted(about.unitCount, "unit")} from ${count(about.unitFrom)} · ${about.silo ? siloName(about.silo, view.naming) : "no silo yet"}${about.slot === null ? "" : ` · slot ${about.slot}`} · attempt ${about.attempt} · epoch ${about.epoch}</p>` : null}
    ${data ? html`<${Told} told=${data} view=${view} isOfLease=${true} />` : null}
  </aside>`;
}

function Told({ told, view, isOfLease = false }) {
  const { placement, size, waits, waitingFor } = told;
  return html`${waitingFor ? html`<p class="waits"><${Icon} name="warning" /> ${oneLine(waitingFor.text)}</p>` : null}
    ${placement ? html`<h3>Why this silo</h3><p>${oneLine(placement.why)}</p>
      <ul class="candidates">${placement.candidates.map((silo) => html`<li key=${silo.silo} class=${silo.verdict === "chosen" ? "chosen" : ""}><b title=${silo.silo}>${siloName(silo.silo, view.naming)}</b><span>${count(silo.inFlight)} in flight, ${silo.perSlot.toFixed(2)} a slot</span><span class="muted">${oneLine(silo.why)}</span></li>`)}</ul>` : null}
    ${size ? html`<h3>Why ${counted(size.units, "unit")}</h3><p>${oneLine(size.why)}</p>` : null}
    ${waits ? html`<h3>What it waited for</h3><p>${ms(waits.transfer)} on its way · ${ms(waits.queue)} in the queue · ${ms(waits.compute)} computing · ${ms(waits.back)} back</p>` : null}
    ${!isOfLease && told.steps.length > 0 ? html`<ol class="steps">${told.steps.map((step, i) => html`<li key=${i}><time title=${utc(step.at)}>${timeExact(step.at)}</time><span>${oneLine(step.what)}${step.why ? html`<span class="muted"> ${cut(oneLine(step.why))}</span>` : null}</span></li>`)}</ol>` : null}
    ${told.unit !== null && !told.recorded && !waitingFor ? html`<p class="muted">No lease of it is kept: of old leases a sample is, and of those under a millisecond.</p>` : null}
    ${!isOfLease && told.unit === null && told.silos.length > 0 ? html`<ul class="rules">${told.silos.map((silo) => html`<li key=${silo.silo}><b title=${silo.silo}>${siloName(silo.silo, view.naming)}</b> ${counted(silo.leases, "lease")}<span class="muted">${Object.entries(silo.rules).map(([rule, leases]) => ` ${rule.replaceAll("-", " ")} ${count(leases)}`).join(",")}</span></li>`)}</ul>` : null}`;
}

function ms(seconds) {
  return duration(seconds);
}
