const MOST = 50_000;
const PAGE = 10_000;
const OUTCOMES = ["running", "committed", "yielded", "failed", "lost", "overtaken", "canceled"];

/** The newest leases of one job, by slots: what the task stream draws. */
export class Leases {
  constructor(id) {
    this.path = `/api/jobs/${encodeURIComponent(id)}/leases`;
    this.byName = new Map();
    this.rows = new Map();
    this.others = new Map();
    this.otherNames = new Map();
    this.silos = [];
    this.marks = [];
    this.granted = 0;
    this.recorded = 0;
    this.isSample = false;
    this.base = null;
    this.bandsBefore = null;
    this.skew = 0;
    this.version = 0;
  }

  /** Reads all that the cluster keeps, the newest first, as far as this page keeps it; `load` gets a document by its path. */
  async read(load, signal) {
    let cursor = null;
    do {
      const page = await load(`${this.path}?limit=${PAGE}&others=true${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`, signal);
      this.take(page);
      cursor = page.nextCursor;
    } while (cursor && this.byName.size < MOST);
    return this;
  }

  /** Takes leases in, those it has are brought up to date. */
  take(page) {
    if (this.base !== null && Date.parse(page.base) !== this.base) {
      // Another coordinator took the job over and counts from its own first lease.
      this.byName.clear();
      this.rows.clear();
      this.others.clear();
      this.otherNames.clear();
    }
    this.base = Date.parse(page.base);
    this.skew = Date.now() - Date.parse(page.now);
    this.silos = page.silos;
    this.marks = page.marks.map((mark) => ({ ...mark, at: Date.parse(mark.at) }));
    this.granted = page.granted;
    this.recorded = page.recorded;
    this.isSample = page.sampled;
    this.bandsBefore = page.bandsBefore ? Date.parse(page.bandsBefore) : this.bandsBefore;
    const { number, epoch, silo, slot, unitFrom, unitCount, grantedMs, startedMs, endedMs, budgetMs, attempt, outcome, speculativeOf } = page.columns;
    const { own, otherJob } = page.columns;
    for (let i = 0; i < number.length; i++) {
      if (own && !own[i]) {
        this.takeOther(page, i, page.otherJobs[otherJob[i]]);
        continue;
      }
      const name = `${epoch[i]}:${number[i]}`;
      const known = this.byName.get(name);
      const lease = known ?? { name, number: number[i], epoch: epoch[i] };
      const before = known ? this.rowOf(known) : null;
      Object.assign(lease, {
        silo: silo[i] < 0 ? null : page.silos[silo[i]].silo,
        slot: slot[i],
        from: unitFrom[i],
        units: unitCount[i],
        granted: this.base + grantedMs[i],
        started: startedMs[i] === null ? null : this.base + startedMs[i],
        ended: endedMs[i] === null ? null : this.base + endedMs[i],
        budget: budgetMs[i],
        attempt: attempt[i],
        outcome: outcome[i],
        second: speculativeOf[i],
      });
      this.byName.set(name, lease);
      const row = this.rowOf(lease);
      if (row !== before) {
        this.remove(before, lease);
        this.insert(row, lease);
      }
    }
    this.trim();
    this.version++;
  }

  // A lease of another job on a slot of this one: when it had the slot is all that is drawn.
  takeOther({ columns, silos }, i, job) {
    const name = `${job}:${columns.epoch[i]}:${columns.number[i]}`;
    const ended = columns.endedMs[i] === null ? null : this.base + columns.endedMs[i];
    const known = this.otherNames.get(name);
    if (known) {
      known.ended = ended;
      return;
    }
    const row = `${silos[columns.silo[i]].silo}#${columns.slot[i]}`;
    const lease = { name, job, started: this.base + columns.startedMs[i], ended };
    const before = insertInto(this.others, row, lease);
    // A slot has one lease at a time: the end of the one before may not have come here.
    if (before) {
      before.ended = Math.min(before.ended ?? Infinity, lease.started);
    }
    this.otherNames.set(name, lease);
    if (this.otherNames.size > MOST) {
      const [oldest] = this.otherNames;
      this.otherNames.delete(oldest[0]);
      for (const others of this.others.values()) {
        const at = others.indexOf(oldest[1]);
        if (at >= 0) {
          others.splice(at, 1);
        }
      }
    }
  }

  /** Whether other jobs have had slots of this one's silos. */
  get hasOthers() {
    return this.otherNames.size > 0;
  }

  /** The time of the cluster, by this machine's clock. */
  now() {
    return Date.now() - this.skew;
  }

  rowOf(lease) {
    return lease.started === null || lease.slot < 0 || lease.silo === null ? null : `${lease.silo}#${lease.slot}`;
  }

  insert(row, lease) {
    if (row === null) {
      return;
    }
    insertInto(this.rows, row, lease);
  }

  remove(row, lease) {
    const list = row === null ? null : this.rows.get(row);
    const place = list ? list.indexOf(lease) : -1;
    if (place >= 0) {
      list.splice(place, 1);
    }
  }

  trim() {
    for (const [name, lease] of this.byName) {
      if (this.byName.size <= MOST) {
        break;
      }
      this.byName.delete(name);
      this.remove(this.rowOf(lease), lease);
      this.bandsBefore = Math.max(this.bandsBefore ?? 0, lease.granted);
    }
  }
}

// Puts a lease into its row by when it started, and returns the one before it.
function insertInto(rows, row, lease) {
  const list = rows.get(row) ?? [];
  rows.set(row, list);
  let place = list.length;
  while (place > 0 && list[place - 1].started > lease.started) {
    place--;
  }
  list.splice(place, 0, lease);
  return list[place - 1];
}

/** Says how a lease ended. */
export function outcomeWord(outcome) {
  return OUTCOMES.includes(outcome) ? outcome : "not known";
}
