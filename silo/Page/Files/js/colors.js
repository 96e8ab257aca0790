const COLORS = 12;

/** The colour of a silo: its rank among the hosts and ports of all, so that a restarted process keeps it. */
export function colorOf(silo, names) {
  const addresses = [...new Set(names.map((name) => name.split("@")[0]))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return `var(--s${(addresses.indexOf(silo.split("@")[0]) % COLORS) + 1})`;
}
