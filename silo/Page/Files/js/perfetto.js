/** The leases that are kept as a trace that ui.perfetto.dev and chrome://tracing open: a process a silo, a thread a slot. */
export function traceOf(job, leases, end) {
  const events = [];
  leases.silos.forEach((silo, i) => {
    events.push({ name: "process_name", ph: "M", pid: i + 1, args: { name: silo.silo } });
    for (let slot = 0; slot < silo.slots; slot++) {
      events.push({ name: "thread_name", ph: "M", pid: i + 1, tid: slot + 1, args: { name: `slot ${slot}` } });
    }
  });
  const pid = (silo) => leases.silos.findIndex((one) => one.silo === silo) + 1;
  const us = (at) => Math.round((at - leases.base) * 1000);
  for (const lease of leases.byName.values()) {
    if (lease.started !== null) {
      const { from, units, attempt, epoch, outcome } = lease;
      events.push({ name: `lease ${lease.number}`, cat: outcome, ph: "X", pid: pid(lease.silo), tid: lease.slot + 1, ts: us(lease.started), dur: us(lease.ended ?? end) - us(lease.started), args: { unitFrom: from, unitCount: units, attempt, epoch, outcome } });
    }
  }
  for (const mark of leases.marks) {
    events.push({ name: mark.kind, ph: "i", s: mark.silo ? "p" : "g", pid: mark.silo ? pid(mark.silo) : 0, tid: 0, ts: us(mark.at), args: mark.text ? { text: mark.text } : {} });
  }
  return JSON.stringify({ displayTimeUnit: "ms", otherData: { job: job.id, kind: job.kind, base: new Date(leases.base).toISOString() }, traceEvents: events });
}
