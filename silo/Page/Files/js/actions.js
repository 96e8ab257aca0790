import { post, remove } from "./api.js";
import { count, donePercent, oneLine, rounded, siloName } from "./format.js";
import { html } from "./html.js";
import { forget, learn, learnSilo } from "./live.js";
import { toast } from "./notify.js";
import { closeDialog, openDialog } from "./parts/dialog.js";
import { go } from "./router.js";
import { get } from "./store.js";

const ROLES = ["viewer", "submitter", "author", "operator"];

/** Why an action is disabled, or null: the role, or a lost connection. */
export function whyNot(role, { me, connection } = get()) {
  if (connection.state === "lost") {
    return "not connected";
  }
  return me && ROLES.indexOf(me.role) < ROLES.indexOf(role) ? `needs the role ${role}` : null;
}

/** Pauses, resumes, retries or cancels a job; the state changes only when the server says so. */
export async function control(job, verb, body = {}) {
  try {
    learn(await post(`/api/jobs/${encodeURIComponent(job.id)}/${verb}`, body));
  } catch (error) {
    const done = { pause: "paused", resume: "resumed", retry: "retried", cancel: "canceled" }[verb];
    toast({ tone: "fail", text: `Not ${done}: ${oneLine(error.message)}` });
  }
}

/** Asks before a job is canceled; keeping it is the safe choice. */
export function askCancel(job, onPending) {
  openDialog((close) => html`<${CancelDialog} job=${job} close=${close} onPending=${onPending} />`);
}

function CancelDialog({ job, close, onPending }) {
  const left = job.etaSeconds ? ` and about ${rounded((job.etaSeconds.low + job.etaSeconds.high) / 2)} are left` : "";
  const done = job.units.total === null ? "Nothing is done yet." : `${donePercent(job.units.done, job.units.total)} is done${left}.`;
  const submit = (event) => {
    event.preventDefault();
    const reason = event.target.elements.reason.value.trim();
    close();
    onPending?.("cancel");
    control(job, "cancel", reason ? { reason } : {}).finally(() => onPending?.(null));
  };
  const pause = () => {
    close();
    onPending?.("pause");
    control(job, "pause").finally(() => onPending?.(null));
  };
  return html`<form onSubmit=${submit}>
    <h2 id="dialog-title">Cancel ${oneLine(job.kind)}?</h2>
    <p>${done} A canceled job cannot be resumed and has no result. <b>Pause</b> keeps them.</p>
    <div class="field">
      <label for="reason">Reason <span class="type">optional</span></label>
      <input id="reason" name="reason" class="input mono" maxlength="500" autocomplete="off" aria-describedby="reason-hint" />
      <p class="hint" id="reason-hint">shown with the job</p>
    </div>
    <div class="dialog-actions">
      ${job.state === "paused" ? null : html`<button type="button" onClick=${pause}>Pause instead</button>`}
      <button type="button" data-safe onClick=${close}>${job.state === "paused" ? "Keep paused" : "Keep running"}</button>
      <button class="danger">Cancel job</button>
    </div>
  </form>`;
}

/** Asks before a job is forgotten. */
export function askForget(job) {
  const run = async () => {
    closeDialog();
    try {
      await remove(`/api/jobs/${encodeURIComponent(job.id)}`);
      forget(job.id);
      toast({ icon: "check", text: `Forgot ${oneLine(job.kind)} ${oneLine(job.id).slice(0, 8)}` });
      go("#/jobs");
    } catch (error) {
      toast({ tone: "fail", text: `Not forgotten: ${oneLine(error.message)}` });
    }
  };
  openDialog(
    (close) => html`<h2 id="dialog-title">Forget ${oneLine(job.kind)}?</h2>
      <p>Its input, result and log are deleted, ${count(job.units.done)} committed units with them. They cannot be brought back.
      ${job.state === "succeeded" ? html` <b>Download</b> keeps the result.` : null}</p>
      <div class="dialog-actions">
        <button type="button" data-safe onClick=${close}>Keep</button>
        <button type="button" class="danger" onClick=${run}>Forget job</button>
      </div>`,
  );
}

/** Drains a silo, or takes that back; the toast undoes it. */
export async function drain(silo, naming, isUndoing = false) {
  const verb = isUndoing ? "undrain" : "drain";
  const name = siloName(silo.silo, naming);
  try {
    const now = await post(`/api/silos/${encodeURIComponent(silo.silo)}/${verb}`);
    learnSilo(now);
    toast(
      isUndoing
        ? { icon: "check", text: `${name} takes leases again` }
        : {
            icon: "draining",
            text: `${name} is draining: ${count(now.running)} ${now.running === 1 ? "lease" : "leases"} to finish`,
            action: { label: "Undo", run: () => drain(silo, naming, true) },
          },
    );
  } catch (error) {
    toast({ tone: "fail", text: `Not ${isUndoing ? "undrained" : "drained"}: ${oneLine(error.message)}` });
  }
}

/** Has a quarantined silo get a lease now, which shows whether it is well. */
export async function probe(silo, naming) {
  const name = siloName(silo.silo, naming);
  try {
    learnSilo(await post(`/api/silos/${encodeURIComponent(silo.silo)}/probe`));
    toast({ icon: "quarantined", text: `${name} gets a lease now; it is let back when that succeeds` });
  } catch (error) {
    toast({ tone: "fail", text: `Not probed: ${oneLine(error.message)}` });
  }
}
