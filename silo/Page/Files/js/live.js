import { ApiError, load, readEvents } from "./api.js";
import { oneLine, siloName, siloNaming } from "./format.js";
import { announce, toast } from "./notify.js";
import { jobAddress, go } from "./router.js";
import { get, set } from "./store.js";

const MERGE = 250;
const SILENCE = 12_000;
const HIDDEN = 10_000;
const POLL = 2000;
const POINTS = 150;
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
const samples = new Map();

/** Follows the cluster, or one job while its view is open: one stream a tab. */
export function follow(jobId) {
  const wanted = jobId ? `/api/jobs/${encodeURIComponent(jobId)}/events` : CLUSTER;
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
  const isCluster = path === CLUSTER;
  const loaded = isCluster ? await loadCluster(mine.signal) : null;
  if (mine !== run) {
    return;
  }
  if (loaded) {
    set(loaded);
  }
  if (isCluster && polls) {
    connected();
    return poll(mine);
  }
  let heard = Date.now();
  const watchdog = setInterval(() => {
    if (Date.now() - heard > SILENCE && mine === run) {
      clearInterval(watchdog);
      mine.abort();
      failed(mine, new ApiError(0, null, null));
    }
  }, 1000);
  try {
    await readEvents(path, {
      lastEventId: lastId,
      signal: mine.signal,
      onOpen: connected,
      onBytes: () => {
        heard = Date.now();
      },
      onEvent: (name, data, id) => {
        lastId = id ?? lastId;
        push(name, data);
      },
    });
  } catch (error) {
    if (isCluster && error.status === 404) {
      polls = true;
      return connect(mine);
    }
    throw error;
  } finally {
    clearInterval(watchdog);
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

function connected() {
  const before = get().connection;
  if (before.state === "lost") {
    toast({ icon: "check", text: `Connected again after ${Math.round((Date.now() - before.since) / 1000)} s` });
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
  lostAt ??= Date.now();
  set({
    connection: {
      state: "lost",
      since: lostAt,
      lastAt: get().connection.lastAt,
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
  const history = cluster?.history ? pointsOf(cluster.history) : get().history;
  return {
    cluster: document,
    history: cluster?.history ? history : withPoint(history, document),
    silos: silos.items,
    open: openById,
    ended: endedById,
    endedTotal: ended.total,
  };
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
        queue.push({ name: "status", document: job });
      }
    }
    const seen = new Set(jobs.items.map((job) => job.id));
    for (const id of Object.keys(open ?? {})) {
      if (!seen.has(id)) {
        load(`/api/jobs/${encodeURIComponent(id)}/status`, mine.signal).then(
          (job) => queue.push({ name: "status", document: job }),
          () => forget(id),
        );
      }
    }
    queue.push({ name: "silos", document: silos.items });
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

function pointsOf(history) {
  const end = Date.parse(history.to);
  const length = history.unitsPerSecond.length;
  return history.unitsPerSecond.map((units, i) => ({
    at: end - (length - 1 - i) * history.stepSeconds * 1000,
    units,
    busy: history.slotsBusy[i],
    slots: history.slots[i],
  }));
}

function withPoint(history, cluster) {
  const at = cluster.at ? Date.parse(cluster.at) : Date.now();
  const point = { at, units: cluster.unitsPerSecond, busy: cluster.slots.busy, slots: cluster.slots.total };
  return [...history, point].slice(-POINTS);
}

function push(name, data) {
  if (name === "alive") {
    return;
  }
  try {
    queue.push({ name, document: JSON.parse(data) });
  } catch {
    return;
  }
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
    } else if (name === "silos") {
      patch.silos = document.reduce(takeSilo, patch.silos ?? before.silos ?? []);
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
  queue.push({ name: "status", document: job });
  flush();
}

/** Tells the page what the server answered about a silo. */
export function learnSilo(silo) {
  set({ silos: takeSilo(get().silos ?? [], silo) });
}
