import { useEffect, useState } from "../../vendor/hooks.mjs";
import { load } from "../api.js";
import { count, counted } from "../format.js";
import { useLate, useNarrow, useSettled } from "../hooks.js";
import { html } from "../html.js";
import { useLoad } from "../loading.js";
import { toast } from "../notify.js";
import { JobFilters, JobTable, NoMatch } from "../parts/jobRows.js";
import { Panel, Skeleton } from "../parts/panel.js";
import { replaceParams } from "../router.js";
import { useStore } from "../store.js";

const PAGE = 50;
const HOUR = 3_600_000;
const TIMES = [["", "Any time"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"]];
const SPANS = { "1h": HOUR, "24h": 24 * HOUR, "7d": 168 * HOUR };
const STATES = [
  ["", "Any state"],
  ["queued", "Queued"],
  ["running", "Running"],
  ["paused", "Paused"],
  ["succeeded", "Succeeded"],
  ["failed", "Failed"],
  ["canceled", "Canceled"],
];

/** All jobs, newest first, with their filters in the address. */
export function Jobs({ route }) {
  const isNarrow = useNarrow();
  const { state = "", kind = "", text = "", time = "" } = route.params;
  const [more, setMore] = useState({ query: null, items: [], cursor: null });
  const [isLoading, setLoading] = useState(false);
  const query = new URLSearchParams({ limit: String(PAGE), state, kind, text: useSettled(text) }).toString();
  const first = useLoad(`/api/jobs?${query}`);
  const kinds = useLoad("/api/kinds");
  const isLate = useLate(!first.data && !first.error);
  const known = useStore((all) => all.open);
  const past = useStore((all) => all.ended);
  const openIds = Object.keys(known ?? {}).join();

  // The set of open jobs changes when one is submitted or ends, and then the list is another one.
  useEffect(() => {
    if (first.data) {
      first.reload();
    }
  }, [openIds]);

  const extra = more.query === query ? more : { items: [], cursor: first.data?.nextCursor ?? null };
  const seen = new Set();
  const listed = [...(first.data?.items ?? []), ...extra.items].filter((job) => !seen.has(job.id) && seen.add(job.id));
  // The newest come first, so what follows a job that is too old is older still.
  const since = SPANS[time] ? Date.now() - SPANS[time] : 0;
  const young = listed.filter((job) => Date.parse(job.submittedAt) >= since);
  const isAll = young.length < listed.length || !extra.cursor;
  const jobs = young.map((job) => known?.[job.id] ?? past?.[job.id] ?? job);
  const change = (patch) => replaceParams("/jobs", { ...route.params, ...patch });
  const showMore = async () => {
    setLoading(true);
    try {
      const page = await load(`/api/jobs?${query}&cursor=${encodeURIComponent(extra.cursor)}`);
      setMore({ query, items: [...extra.items, ...page.items], cursor: page.nextCursor });
    } catch (error) {
      toast({ tone: "fail", text: `Not loaded: ${error.message}` });
    }
    setLoading(false);
  };
  const total = isAll ? jobs.length : since > 0 ? null : (first.data?.total ?? null);
  const isFiltered = Boolean(state || kind || text || time);
  return html`<h1 class="hidden">Jobs</h1>
    <div class="grid"><${Panel} id="all-jobs" title="Jobs" note=${first.data && total !== null ? counted(total, "job") : ""} isBleeding className="recent"
      end=${html`<${JobFilters} name="jobs-state" filters=${{ state, kind, text, time }} states=${STATES} times=${TIMES} kinds=${(kinds.data?.items ?? []).map((item) => item.kind)} onChange=${change} />`}>
      ${first.error && first.error.status !== 503 && first.error.status !== 429 ? html`<p class="panel-body fail" role="alert">${first.error.message}</p>` : null}
      ${!first.data && isLate ? html`<div class="panel-body"><${Skeleton} lines=${Array.from({ length: 8 }, () => ["100%", 20])} /></div>` : null}
      ${jobs.length > 0 ? html`<${JobTable} jobs=${jobs} label="Jobs" isNarrow=${isNarrow} />` : null}
      ${first.data && jobs.length === 0
        ? isFiltered
          ? html`<${NoMatch} filters=${{ state, kind, text }} onClear=${() => change({ state: "", kind: "", text: "", time: "" })} />`
          : html`<p class="panel-body nothing">No job has run yet. <a href="#/submit">Submit a job</a></p>`
        : null}
      ${jobs.length > 0
        ? html`<p class="panel-foot muted">Showing the last ${count(jobs.length)}${total === null ? "" : ` of ${counted(total, "job")}`}
            ${!isAll ? html`<button type="button" class="link end" disabled=${isLoading} onClick=${showMore}>${isLoading ? "Loading" : "Show more"}</button>` : null}</p>`
        : null}
    </${Panel}></div>`;
}
