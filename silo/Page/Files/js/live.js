import { answeredAt, ApiError, load, readEvents } from "./api.js";
import { counted, oneLine, parts, siloName, siloNaming } from "./format.js";
import { announce, toast } from "./notify.js";
import { jobAddress, go } from "./router.js";
import { settling } from "./settling.js";
import { get, set } from "./store.js";

const MERGE = 250;
const SILENCE = 12_000;
const HIDDEN = 10_000;
const POLL = 2000;
const STEP = 2000;
const SPAN = 300_000;
const GAP = 8000;
const RESUMED = 1000;
const CHECK = 10_000;
const SETTLED = 2000;
const DELAYS = [1, 2, 4, 8];
const CLUSTER = "/api/events";

/** States in which a job has not ended. */
export const OPEN = ["queued", "decomposing", "running", "paused"];

/** States in which a job has ended. */
export const ENDED = ["succeeded", "failed", "canceled"];

let path = null;
let run = null;
let polls = false;
let attempts = 0;
let lastId = null;
let queue = [];
let flushing = null;
let lostAt = null;
let caughtUp = null;
const samples = new Map();
const settled = settling(SETTLED, enqueue);

const leaseListeners = new Set();

/** Hears of the leases of the job that is followed: what has ended and what runs, and whether some before were missed. */
export function onLeases(listener) {
  leaseListeners.add(listener);
  return () => leaseListeners.delete(listener);
}

/** Follows the cluster, or one job while its view is open: one stream a tab. */
export function follow(jobId) {
  const wanted = jobId ? `/api/jobs/${encodeURIComponent(jobId)}/events?include=lease` : CLUSTER;
  if (wanted !== path) {
    path = wanted;
    lastId = null;
    attempts = 0;
    start();
  }
}

function stop() {
  run?.abort();
  run = null;
}

/** Stops following for good, when the key has gone. */
export function leave() {
  stop();
  path = null;
}

/** Tries again at once. */
export function retryNow() {
  attempts = 0;
  start();
}

/** Closes the stream of a tab that is hidden for a while and opens it when it is seen again. */
export function watchVisibility() {
  let closing = null;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(closing);
    if (document.hidden) {
      closing = setTimeout(stop, HIDDEN);
    } else if (!run && path && get().key) {
      start();
    }
  });
}

function start() {
  stop();
  if (!get().key) {
    return;
  }
  run = new AbortController();
  const mine = run;
  connect(mine).catch((error) => {
    if (mine === run && error.name !== "AbortError") {
      failed(mine, error);
    }
  });
}

async function connect(mine) {
  let heard = Date.now();
  const watchdog = setInterval(() => {
    if (Date.now() - heard > SILENCE && mine === run) {
      clearInterval(watchdog);
      mine.abort();
      failed(mine, new ApiError(0, null, null));
    }
  }, 1000);
  const hear = () => {
    heard = Date.now();
  };
  try {
    await listen(mine, hear, () => clearInterval(watchdog));
  } finally {
    clearInterval(watchdog);
  }
}

async function listen(mine, hear, isNotStream) {
  const isCluster = path === CLUSTER;
  const loaded = isCluster ? await loadCluster(mine.signal) : { silos: (await load("/api/silos", mine.signal)).items };
  if (mine !== run) {
    return;
  }
  hear();
  const missing = isCluster ? missingIn(get().history, loaded.history) : 0;
  set(loaded);
  if (isCluster && polls) {
    isNotStream();
    connected(missing);
    return poll(mine);
  }
  const check = isCluster ? setInterval(() => checkCounts(mine), CHECK) : null;
  try {
    await readEvents(path, {
      lastEventId: lastId,
      signal: mine.signal,
      onOpen: () => connected(missing),
      onBytes: hear,
      onEvent: (name, data, id) => {
        lastId = id ?? lastId;
        push(name, data);
      },
    });
  } catch (error) {
    if (isCluster && error.status === 404) {
      polls = true;
      return listen(mine, hear, isNotStream);
    }
    throw error;
  } finally {
    clearInterval(check);
  }
  if (mine !== run) {
    return;
  }
  if (isCluster) {
    throw new ApiError(0, null, null);
  }
  // A job's stream ends with the job.
  flush();
  follow(null);
}

function connected(missing) {
  const before = get().connection;
  if (before.state === "lost" && missing > 0) {
    toast({ icon: "warning", text: `${parts(Math.round(missing / 1000))} are missing in this view` });
  } else if (before.state === "lost") {
    const text = `Connected again after ${parts(Math.round((Date.now() - before.since) / 1000))}`;
    caughtUp = 0;
    // What comes at once is what happened meanwhile.
    setTimeout(() => {
      toast({ icon: "check", text: caughtUp > 0 ? `Caught up ${counted(caughtUp, "event")}` : text });
      caughtUp = null;
    }, RESUMED);
  }
  attempts = 0;
  lostAt = null;
  set({ connection: { state: "live", since: null, lastAt: Date.now(), retryAt: null } });
}

function failed(mine, error) {
  if (error.status === 401 || (error.status === 404 && path !== CLUSTER)) {
    run = null;
    if (error.status === 404) {
      follow(null);
    }
    return;
  }
  const delay = (error.retryAfter ?? DELAYS[attempts] ?? 10) * 1000;
  attempts++;
  lostAt ??= answeredAt ?? Date.now();
  set({
    connection: {
      state: "lost",
      since: lostAt,
      lastAt: Math.max(get().connection.lastAt, answeredAt) || null,
      retryAt: Date.now() + delay,
      status: error.status,
    },
  });
  run = mine.signal.aborted ? new AbortController() : mine;
  const waiting = run;
  setTimeout(() => {
    if (waiting === run) {
      start();
    }
  }, delay);
}

async function loadCluster(signal) {
  const [cluster, silos, open, ended] = await Promise.all([
    load("/api/cluster", signal).catch((error) => {
      if (error.status === 404) {
        return null;
      }
      throw error;
    }),
    load("/api/silos", signal),
    loadJobs(OPEN, 50, signal),
    loadJobs(ENDED, 100, signal),
  ]);
  const openById = Object.fromEntries(open.items.map((job) => [job.id, job]));
  const endedById = Object.fromEntries(ended.items.map((job) => [job.id, job]));
  const document = cluster ?? madeOf(silos.items, open.items);
  return {
    cluster: document,
    history: cluster?.history ? joined(get().history, pointsOf(cluster.history)) : withPoint(get().history, document),
    silos: silos.items,
    open: openById,
    ended: endedById,
    endedTotal: ended.total,
  };
}

// Events tell of the newest jobs alone, so the lists are asked for anew where the count of open jobs is another one.
async function checkCounts(mine) {
  const { cluster, open } = get();
  if (OPEN.reduce((sum, state) => sum + cluster.jobs[state], 0) === Object.keys(open).length) {
    return;
  }
  try {
    const loaded = await loadCluster(mine.signal);
    if (mine === run) {
      set({ open: loaded.open, ended: loaded.ended, endedTotal: loaded.endedTotal });
    }
  } catch {
    // The next check asks again; whether the silo answers is the stream's to say.
  }
}

async function loadJobs(states, limit, signal) {
  const pages = await Promise.all(states.map((state) => load(`/api/jobs?state=${state}&limit=${limit}`, signal)));
  const totals = pages.map((page) => page.total ?? (page.nextCursor ? null : page.items.length));
  return {
    items: pages.flatMap((page) => page.items),
    total: totals.includes(null) ? null : totals.reduce((sum, total) => sum + total, 0),
  };
}

async function poll(mine) {
  while (mine === run && !mine.signal.aborted) {
    await new Promise((resolve) => {
      setTimeout(resolve, POLL);
    });
    if (mine !== run || mine.signal.aborted) {
      return;
    }
    const [silos, jobs] = await Promise.all([load("/api/silos", mine.signal), load("/api/jobs?limit=50", mine.signal)]);
    const { open, ended } = get();
    const known = { ...ended, ...open };
    for (const job of jobs.items) {
      if (JSON.stringify(known[job.id]) !== JSON.stringify(job)) {
        arrive("status", job);
      }
    }
    const seen = new Set(jobs.items.map((job) => job.id));
    for (const id of Object.keys(open ?? {})) {
      if (!seen.has(id)) {
        load(`/api/jobs/${encodeURIComponent(id)}/status`, mine.signal).then(
          (job) => arrive("status", job),
          () => forget(id),
        );
      }
    }
    for (const silo of silos.items) {
      arrive("silo", silo);
    }
    flush();
    queue.push({ name: "cluster", document: madeOf(silos.items, Object.values(get().open ?? {})) });
    flush();
  }
}

// The summary of a server that has no /api/cluster.
function madeOf(silos, open) {
  const of = (state) => silos.filter((silo) => silo.state === state);
  const slots = (list) => list.reduce((sum, silo) => sum + silo.slots, 0);
  const active = of("active");
  return {
    silos: Object.fromEntries(["active", "draining", "quarantined", "dead"].map((state) => [state, of(state).length])),
    slots: {
      total: slots(active),
      busy: active.reduce((sum, silo) => sum + Math.min(silo.running, silo.slots), 0),
      draining: slots(of("draining")),
      quarantined: slots(of("quarantined")),
    },
    unitsPerSecond: silos.reduce((sum, silo) => sum + silo.unitsPerSecond, 0),
    jobs: Object.fromEntries(OPEN.map((state) => [state, open.filter((job) => job.state === state).length])),
  };
}

// By this machine's clock, which may be ahead of the silo's or behind it.
function pointsOf(history) {
  const end = Date.now();
  const length = history.unitsPerSecond.length;
  return history.unitsPerSecond.map((units, i) => ({
    at: end - (length - 1 - i) * history.stepSeconds * 1000,
    units,
    busy: history.slotsBusy[i],
    slots: history.slots[i],
  }));
}

// A silo that was started again knows nothing of before: what this page has seen is kept.
function joined(own, theirs) {
  const first = theirs[0]?.at ?? Infinity;
  return [...own.filter((point) => point.at < first - STEP / 2 && Date.now() - point.at <= SPAN), ...theirs];
}

function missingIn(before, after) {
  const last = before.at(-1)?.at;
  const next = after.find((point) => point.at > last)?.at;
  return last && next && next - last > GAP ? next - last : 0;
}

function withPoint(history, cluster) {
  const at = Date.now();
  const point = { at, units: cluster.unitsPerSecond, busy: cluster.slots.busy, slots: cluster.slots.total };
  // Of what comes faster than samples are apart the newest is kept.
  const before = history.length > 1 && at - history.at(-2).at < STEP ? history.slice(0, -1) : history;
  return [...before, point].filter((kept) => at - kept.at <= SPAN);
}

function push(name, data) {
  if (name === "alive" && path === CLUSTER && get().cluster) {
    set({ history: withPoint(get().history, get().cluster) });
  }
  if (name === "alive") {
    return;
  }
  if (caughtUp !== null) {
    caughtUp++;
  }
  let document;
  try {
    document = JSON.parse(data);
  } catch {
    return;
  }
  if (name === "lease" || name === "leases-missed") {
    for (const listener of leaseListeners) {
      listener(document, name === "leases-missed");
    }
    return;
  }
  arrive(name, document);
}

// What has ended stays so, whatever was answered before.
function arrive(name, document) {
  const event = { name, document };
  if (ENDED.includes(document.state) || !settled.holds(document.silo ?? document.id, event)) {
    enqueue(event);
  }
}

function enqueue(event) {
  queue.push(event);
  flushing ??= setTimeout(() => requestAnimationFrame(flush), MERGE);
}

function flush() {
  clearTimeout(flushing);
  flushing = null;
  const events = queue;
  queue = [];
  if (events.length === 0) {
    return;
  }
  const before = get();
  const patch = { open: { ...before.open }, ended: { ...before.ended }, rates: { ...before.rates } };
  for (const { name, document } of events) {
    if (name === "status") {
      takeJob(patch, before, document);
    } else if (name === "silo") {
      patch.silos = takeSilo(patch.silos ?? before.silos ?? [], document);
    } else if (name === "cluster") {
      patch.cluster = { ...before.cluster, ...document, history: null };
      patch.history = withPoint(patch.history ?? before.history, document);
    }
  }
  set({ ...patch, connection: { ...get().connection, lastAt: Date.now() } });
}

function takeJob(patch, before, job) {
  if (before.job?.id === job.id) {
    patch.job = { ...(patch.job ?? before.job), ...job };
  }
  if (before.open === null) {
    delete patch.open;
    delete patch.ended;
    return;
  }
  const old = patch.open[job.id] ?? patch.ended[job.id];
  const merged = { ...old, ...job };
  measure(patch, job);
  if (OPEN.includes(job.state)) {
    patch.open[job.id] = merged;
    delete patch.ended[job.id];
    return;
  }
  delete patch.open[job.id];
  delete patch.rates[job.id];
  patch.ended[job.id] = merged;
  if (old && OPEN.includes(old.state)) {
    patch.endedTotal = before.endedTotal === null ? null : before.endedTotal + 1;
    if (before.job?.id !== job.id) {
      toast({
        icon: { succeeded: "check", failed: "cross", canceled: "barred" }[job.state],
        text: `${oneLine(job.kind)} ${oneLine(job.id).slice(0, 8)} ${job.state}`,
        action: { label: "Open", run: () => go(jobAddress(job.id)) },
      });
    } else {
      announce(`${oneLine(job.kind)} ${job.state}`);
    }
  }
}

// A mean over the last two seconds or more, because a single step says little.
function measure(patch, job) {
  if (typeof job.unitsPerSecond === "number") {
    patch.rates[job.id] = job.unitsPerSecond;
    return;
  }
  const now = Date.now();
  const kept = (samples.get(job.id) ?? []).filter((sample) => now - sample.at < 6000);
  kept.push({ at: now, done: job.units.done });
  samples.set(job.id, kept);
  const seconds = (now - kept[0].at) / 1000;
  if (job.state !== "running") {
    patch.rates[job.id] = 0;
    samples.delete(job.id);
  } else if (seconds >= 2) {
    patch.rates[job.id] = (job.units.done - kept[0].done) / seconds;
  }
}

function takeSilo(silos, silo) {
  const old = silos.find((known) => known.silo === silo.silo);
  if (!old) {
    return [...silos, silo].sort((a, b) => a.silo.localeCompare(b.silo, "en", { numeric: true }));
  }
  if (old.state !== silo.state) {
    const name = siloName(silo.silo, siloNaming(silos.map((known) => known.silo)));
    announce(silo.state === "dead" ? `Silo ${name} lost` : `Silo ${name} is ${silo.state}`);
  }
  return silos.map((known) => (known === old ? { ...old, ...silo } : known));
}

/** Takes a job out of what this page knows. */
export function forget(id) {
  const { open, ended } = get();
  const without = (jobs) => jobs && Object.fromEntries(Object.entries(jobs).filter(([known]) => known !== id));
  set({ open: without(open), ended: without(ended) });
}

/** Tells the page what the server answered about a job. */
export function learn(job) {
  settled.answer(job.id);
  queue.push({ name: "status", document: job });
  flush();
}

/** Tells the page what the server answered about a silo. */
export function learnSilo(silo) {
  settled.answer(silo.silo);
  queue.push({ name: "silo", document: silo });
  flush();
}
