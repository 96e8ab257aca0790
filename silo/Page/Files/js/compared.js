import { count, counted, duration, fine, percent, siloName } from "./format.js";
import { PART_NAMES } from "./parts/accounting.js";

const SLOW = 0.8;
const LOSSES = ["queue", "transfer", "combine", "otherJobs", "idleNoWork", "idleWorkElsewhere", "wastedRetry", "wastedSpeculation"];

/** How long a job ran, from its first lease to its end, in seconds; null before. */
export function makespan(job) {
  return job.startedAt && job.finishedAt ? (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000 : null;
}

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const shareOf = (job, seconds) => (job.accounting?.slotSeconds > 0 ? seconds(job.accounting) / job.accounting.slotSeconds : null);
const overBound = (job) => (known(makespan(job)) && job.lowerBoundSeconds > 0 ? makespan(job) / job.lowerBoundSeconds : null);
const change = (a, b) => (known(a) && b > 0 ? signed((a / b - 1) * 100, 0, " %") : "–");
const points = (a, b) => (known(a) && known(b) ? signed((a - b) * 100, 1, " points") : "–");
const says = (value, text) => (known(value) ? text(value) : "–");

function signed(value, digits, unit) {
  const text = Math.abs(value).toFixed(digits);
  return `${Number(text) === 0 ? "±" : value > 0 ? "+" : "−"}${text}${unit}`;
}

const triple = ({ leaseSeconds: seconds }) => (seconds ? [seconds.p50, seconds.p90, seconds.p99].map(fine).join(" / ") : "–");

/** The measures of two jobs: {name, title, a, b, against, isBetter} each; isBetter is null where no one is better, or it is not known. */
export function measures(a, b) {
  const row = (name, title, read, text, against, order) => {
    const [x, y] = [read(a), read(b)];
    const isKnown = known(x) && known(y) && order !== 0 && x !== y;
    return { name, title, a: says(x, text), b: says(y, text), against: against(x, y), isBetter: isKnown ? (order > 0 ? x > y : x < y) : null };
  };
  const none = () => "–";
  return [
    row("Makespan", "From the first lease to the end", makespan, duration, change, -1),
    row("Over lower bound", "Makespan by the least time that the work takes on these slots", overBound, (value) => `${value.toFixed(2)} ×`, none, -1),
    row("Slots busy", "With units that count, of slots × time", (job) => shareOf(job, (account) => account.compute), percent, points, 1),
    row("Balance, CoV of busy time", "Coefficient of variation of the slots' busy seconds; 0 is even", (job) => job.balance, (value) => value.toFixed(2), none, -1),
    { name: "Lease time p50 / p90 / p99", title: "How long leases ran", a: triple(a), b: triple(b), against: "–", isBetter: null },
    row("Leases", "Granted", (job) => job.leases, count, change, 0),
    row("Wasted", "By retry and speculation, of slots × time", (job) => shareOf(job, (account) => account.wastedRetry + account.wastedSpeculation), percent, points, -1),
    row("Time in last round", "Since no unit waited for a slot", (job) => job.lastRoundSeconds, duration, change, -1),
  ];
}

/** What two jobs have in common, in a few words each. */
export function common(a, b) {
  const isSame = a.kind === b.kind && a.version === b.version && known(a.units.total) && a.inputHash && a.inputHash === b.inputHash;
  const hosts = (job) => [...new Set(job.silos.map((silo) => silo.silo.split("@")[0]))].sort().join();
  const slots = (job) => job.silos.reduce((sum, silo) => sum + (silo.slots ?? NaN), 0);
  return {
    isSame: Boolean(isSame),
    tags: [
      isSame ? `same input, ${counted(a.units.total, "unit")}` : a.kind === b.kind ? "different input" : "different kinds",
      a.resultHash && b.resultHash ? (a.resultHash === b.resultHash ? "same result bits" : "different result bits") : null,
      a.silos.length > 0 && hosts(a) === hosts(b) && slots(a) === slots(b) ? `same ${counted(a.silos.length, "silo")}, ${counted(slots(a), "slot")}` : "different silos",
    ].filter(Boolean),
  };
}

/** Which of two jobs ended sooner and the likely cause, as the data has it: {title, text}. */
export function verdict(a, b, view) {
  const [x, y] = [makespan(a), makespan(b)];
  if (!known(x) || !known(y)) {
    const open = [[a, "A"], [b, "B"]].filter(([job]) => !job.finishedAt).map(([, name]) => name);
    return { title: open.length === 2 ? "Neither has ended." : open.length === 1 ? `${open[0]} has not ended.` : "One of them ran no lease.", text: "Which was quicker is known when both have." };
  }
  if (a.state !== "succeeded" || b.state !== "succeeded") {
    const lost = [[a, "A"], [b, "B"]].filter(([job]) => job.state !== "succeeded").map(([job, name]) => `${name} ${job.state === "failed" ? "failed" : "was canceled"} after ${duration(makespan(job))}`);
    return { title: `${lost.join(", ")}.`, text: "Their times do not tell which is quicker." };
  }
  const isSame = common(a, b).isSame;
  if (Math.abs(x - y) < Math.max(0.05, Math.max(x, y) * 0.01)) {
    return { title: `Both took ${duration(x)}.`, text: isSame ? "" : "Their inputs differ." };
  }
  const [fast, slow] = x < y ? ["A", "B"] : ["B", "A"];
  const [quick, late] = x < y ? [a, b] : [b, a];
  const title = `${fast} ended ${duration(Math.abs(x - y))} sooner.`;
  return { title, text: isSame ? cause(quick, late, fast, slow, view) : "Their inputs differ, so that says little of how they were run." };
}

function cause(quick, late, fast, slow, view) {
  const mean = (job) => (job.accounting?.slotSeconds > 0 ? job.accounting.slotSeconds / makespan(job) : null);
  const [more, less] = [mean(quick), mean(late)];
  if (known(more) && known(less) && less < more * 0.9) {
    return `${slow} had ${less.toFixed(1)} slots on average, ${fast} ${more.toFixed(1)}.`;
  }
  const units = late.silos.reduce((sum, silo) => sum + silo.units, 0);
  const overfed = late.silos
    .filter((silo) => silo.speed < SLOW && known(silo.fairShare) && silo.units / units > silo.fairShare * 1.15)
    .sort((p, q) => q.units / units - q.fairShare - (p.units / units - p.fairShare))[0];
  const tail = known(late.lastRoundSeconds) && known(quick.lastRoundSeconds) && late.lastRoundSeconds > quick.lastRoundSeconds ? ` Its last round took ${duration(late.lastRoundSeconds)}, ${fast}’s ${duration(quick.lastRoundSeconds)}.` : "";
  if (overfed) {
    return `${slow} gave ${siloName(overfed.silo, view.naming)}, which works at ${overfed.speed.toFixed(2)} of the mean speed, ${percent(overfed.units / units)} of the units where ${percent(overfed.fairShare)} were fair.${tail}`;
  }
  if (!quick.accounting || !late.accounting) {
    return "The cause is not known: where their slots’ time went is not kept.";
  }
  const grew = LOSSES.map((key) => [key, late.accounting[key] - quick.accounting[key]]).sort((p, q) => q[1] - p[1])[0];
  const computed = late.accounting.compute - quick.accounting.compute;
  if (computed > grew[1] && computed > 0) {
    const each = (job) => fine(job.accounting.compute / Math.max(1, job.units.done));
    return `Its units took longer: ${each(late)} each on ${slow}, ${each(quick)} on ${fast}.`;
  }
  return grew[1] > 0 ? `Its slots spent ${duration(grew[1])} of slots’ time more on “${PART_NAMES[grew[0]].toLowerCase()}”: ${duration(late.accounting[grew[0]])}, ${fast} ${duration(quick.accounting[grew[0]])}.${tail}` : "The cause is not known.";
}
