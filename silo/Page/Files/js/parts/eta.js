import { html } from "../html.js";
import { duration, interval, parts, time, timeSpan, utc } from "../format.js";

/** Time left in words, or why it is unknown. */
export function EtaText({ job }) {
  if (job.finishedAt) {
    return html`<span class="muted">Ended ${time(job.finishedAt)}, no time left to show</span>`;
  }
  if (job.etaSeconds) {
    return html`<span class="caption">time left, 80 % interval</span> <b class="eta">${interval(job.etaSeconds)}</b>`;
  }
  return html`<span class="muted">${whyUnknown(job)}</span>`;
}

/** Why the time left is not known. */
export function whyUnknown(job) {
  if (job.etaReason) {
    return job.etaReason;
  }
  return (
    {
      queued: job.waiting ? job.waiting : "not started yet",
      decomposing: "end unknown until the items are listed",
      paused: "paused",
      running: job.waiting ? job.waiting : job.etaSeconds === undefined ? "" : "time left known after a few leases",
    }[job.state] ?? ""
  );
}

/** The line from the start over now to the interval of the end. */
export function TimeLine({ job, now }) {
  if (!job.startedAt || job.finishedAt) {
    return null;
  }
  const start = Date.parse(job.startedAt);
  const eta = job.etaSeconds;
  const end = eta ? now + eta.high * 1000 : now;
  const span = Math.max(1, end - start);
  const at = (moment) => `${((moment - start) / span) * 100}%`;
  const low = eta ? now + eta.low * 1000 : null;
  const label = `started ${time(job.startedAt)}, now after ${duration((now - start) / 1000)}${eta ? `, ends between ${time(low)} and ${time(end)}` : ""}`;
  return html`<div class="timeline" role="img" aria-label=${label}>
    <div class="rail" style=${{ "--now": at(now), "--low": low ? at(low) : "100%", "--middle": low ? at((low + end) / 2) : "100%" }}>
      <span class="gone"></span><span class="ahead"></span>
      ${eta ? html`<span class="band"></span><span class="middle"></span>` : null}
      <span class="begin"></span><span class="dot"></span>
    </div>
    <div class="times" style=${{ "--now": at(now) }} aria-hidden="true">
      <span title=${utc(job.startedAt)}>${time(job.startedAt)} started</span>
      <b class=${(now - start) / span > 0.7 ? "late" : (now - start) / span < 0.3 ? "early" : "at"}>now, after ${parts(Math.round((now - start) / 1000))}</b>
      <span class="ends">${eta ? `ends ${timeSpan(low, end)}` : ""}</span>
    </div>
  </div>`;
}
