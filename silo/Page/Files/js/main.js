import { render } from "../vendor/preact.mjs";
import { useEffect, useLayoutEffect, useState } from "../vendor/hooks.mjs";
import { load, keepKey, takeKey } from "./api.js";
import { oneLine, time } from "./format.js";
import { useNow } from "./hooks.js";
import { html } from "./html.js";
import { listen, showHelp } from "./keys.js";
import { follow, leave, OPEN, retryNow, watchVisibility } from "./live.js";
import { announce } from "./notify.js";
import { Banner } from "./parts/banner.js";
import { DialogHost } from "./parts/dialog.js";
import { Brand, Icon } from "./parts/icons.js";
import { Search } from "./parts/search.js";
import { Toasts } from "./parts/toast.js";
import { useRoute } from "./router.js";
import { set, useStore } from "./store.js";
import { Compare } from "./views/compare.js";
import { JobView } from "./views/job.js";
import { Jobs } from "./views/jobs.js";
import { Overview } from "./views/overview.js";
import { Silos } from "./views/silos.js";
import { Submit } from "./views/submit.js";

const TITLES = { overview: "Overview", jobs: "Jobs", silos: "Silos", compare: "Compare", submit: "Submit a job" };
const NAV = [["overview", "#/", "Overview"], ["jobs", "#/jobs", "Jobs"], ["silos", "#/silos", "Silos"], ["compare", "#/compare", "Compare"]];

function App() {
  const key = useStore((state) => state.key);
  const route = useRoute();
  const job = useStore((state) => state.job);
  const [theme, setTheme] = useState(window.owTheme.choice);
  const jobId = route.view === "jobs" ? route.id : null;
  const isOpenJob = jobId !== null && job?.id === jobId && OPEN.includes(job.state);

  useEffect(() => {
    if (key) {
      load("/api/me").then((me) => set({ me }), () => undefined);
    } else {
      leave();
    }
  }, [key]);
  useEffect(() => {
    // A job that has ended says nothing more, so the cluster is followed instead.
    if (key) {
      follow(isOpenJob ? jobId : null);
    }
  }, [key, isOpenJob, jobId]);
  const nextTheme = () => {
    setTheme(window.owTheme.next());
  };
  useLayoutEffect(() => listen({ onTheme: nextTheme }), []);

  const title = jobId ? oneLine(job?.id === jobId ? job.kind : "Job") : (TITLES[route.view] ?? "Not found");
  useEffect(() => {
    document.title = `${title} · OrleansWork`;
  }, [title]);
  const place = `${route.view}/${route.id ?? ""}`;
  useEffect(() => {
    scrollTo(0, 0);
    announce(title);
  }, [place]);

  if (!key) {
    return html`<${KeyForm} />`;
  }
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${TopBar} route=${route} title=${title} theme=${theme} onTheme=${nextTheme} />
    <${Main} route=${route} />
    <${TabBar} route=${route} />
    <${Toasts} />
    <${DialogHost} />`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Main({ route }) {
  const state = useStore((all) => all.connection.state);
  const views = { overview: Overview, jobs: route.id ? JobView : Jobs, silos: Silos, compare: Compare, submit: Submit };
  const View = views[route.view] ?? NotFound;
  return html`<main id="main" tabindex="-1" class=${state === "lost" ? "lost" : ""}>
    <${ConnectionBar} />
    <${Trouble} />
    <div class="view" role="group" aria-disabled=${state === "lost" ? "true" : undefined} aria-label="View"><${View} key=${`${route.view}/${route.id ?? ""}`} route=${route} /></div>
  </main>`;
}

function TopBar({ route, title, theme, onTheme }) {
  const connection = useStore((state) => state.connection);
  const words = { connecting: "Connecting", live: "Live", lost: "Not connected" };
  const says = { dark: "Dark", light: "Light", system: "As the system" }[theme];
  return html`<header class="topbar">
    <a class="brand" href="#/" aria-label="OrleansWork, overview"><${Brand} /><span class="wide-only">OrleansWork</span></a>
    <span class="view-title" aria-hidden="true">${title}</span>
    <nav class="main-nav" aria-label="Main">${NAV.map(([view, href, text]) => html`<a key=${view} href=${href} aria-current=${isIn(route, view) ? "page" : undefined}>${text}</a>`)}</nav>
    <div class="topbar-end">
      <${Search} />
      <span class="connection ${connection.state}"><span class="dot"></span>${words[connection.state]} <span class="host">${location.host}</span></span>
      <button type="button" class="quiet-icon desktop-only" onClick=${onTheme} title=${`Theme: ${says.toLowerCase()}; t changes it`} aria-label=${`Theme: ${says}. Change it`}><${Icon} name=${theme} size=${14} /></button>
      <button type="button" class="quiet-icon desktop-only" onClick=${showHelp} title="Keys" aria-label="Keyboard help"><kbd>?</kbd></button>
      <a class="button primary desktop-only" href="#/submit" aria-disabled=${connection.state === "lost" ? "true" : undefined}><${Icon} name="plus" />Submit job</a>
    </div>
  </header>`;
}

function isIn(route, view) {
  return route.view === view || (view === "jobs" && route.view === "submit" && innerWidth >= 600);
}

function TabBar({ route }) {
  const tabs = [...NAV.filter(([view]) => view !== "compare"), ["submit", "#/submit", "Submit"]];
  return html`<nav class="tabbar" aria-label="Views">${tabs.map(
    ([view, href, text]) => html`<a key=${view} href=${href} aria-current=${route.view === view ? "page" : undefined}><${Icon} name=${view === "submit" ? "plus" : view} size=${16} />${text}</a>`,
  )}</nav>`;
}

function ConnectionBar() {
  const connection = useStore((state) => state.connection);
  const silos = useStore((state) => state.silos);
  const isLost = connection.state === "lost";
  const now = useNow(isLost);
  if (!isLost) {
    return null;
  }
  const key = useStore((state) => state.key);
  const others = otherPages(silos ?? []);
  const wait = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
  return html`<div class="banner fail" role="alert">
    <${Icon} name="cross" size=${14} />
    <div class="banner-text">
      <p><b>No answer from ${location.host} for <span aria-hidden="true">${Math.max(0, Math.round((now - connection.since) / 1000))} s</span>.</b>
        ${connection.lastAt ? ` You see the state of ${time(connection.lastAt)}.` : ""} Jobs go on without this page. <span aria-hidden="true">${wait > 0 ? `Trying again in ${wait} s.` : "Trying now."}</span></p>
      ${others.length > 0 ? html`<p>Every other silo serves the same page: ${others.map((url, i) => html`${i ? ", " : ""}<a key=${url.host} href=${`${url.origin}/#key=${encodeURIComponent(key)}&to=${location.hash.slice(1) || "/"}`} rel="noreferrer">${url.host}</a>`)}</p>` : null}
    </div>
    <div class="banner-actions"><button type="button" class="small" onClick=${retryNow}>Try now</button></div>
  </div>`;
}

// The same view at every other silo that is known to answer: the key goes behind the # as in the address that the console prints.
function otherPages(silos) {
  const sameHost = (host) => host === location.host || host.replace("127.0.0.1", "localhost") === location.host;
  return silos
    .filter((silo) => silo.state !== "dead" && /^https?:/.test(silo.http ?? ""))
    .map((silo) => new URL(silo.http))
    .filter((url) => !sameHost(url.host));
}

function Trouble() {
  const trouble = useStore((state) => state.trouble);
  const now = useNow(trouble !== null);
  if (!trouble) {
    return null;
  }
  const wait = Math.max(0, Math.ceil((trouble.until - now) / 1000));
  const word = trouble.isRetried ? "Trying" : "Try";
  const again = html`<span aria-hidden="true">${wait > 0 ? `${word} again in ${wait} s.` : `${word} again now.`}</span>`;
  const limit = /^([\d,]+) jobs .*MaxOpenJobs/.exec(trouble.detail)?.[1];
  return trouble.status === 503 && /storage/i.test(trouble.detail)
    ? html`<${Banner} role="alert" title="Storage does not answer.">Jobs in memory go on; submitting waits. ${again}</${Banner}>`
    : html`<${Banner} role="alert" title=${limit ? `${limit} jobs are open, the limit.` : oneLine(trouble.detail)}>${again}</${Banner}>`;
}

function NotFound() {
  return html`<h1>Not found</h1><p>There is no such view. <a href="#/">Overview</a></p>`;
}

function KeyForm() {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const key = text.trim();
    if (!key) {
      return;
    }
    try {
      const response = await fetch("/api/me", { headers: { Authorization: `Bearer ${key}` }, cache: "no-store" });
      if (response.status !== 401) {
        keepKey(key);
        return;
      }
      setProblem("This cluster does not know the key");
    } catch {
      setProblem(`No answer from ${location.host}`);
    }
  };
  return html`<main class="key-page" id="main">
    <form class="panel key-form" onSubmit=${submit}>
      <p class="brand"><${Brand} />OrleansWork</p>
      <h1>This cluster asks for a key</h1>
      <p>The key of a local cluster is in its cluster.json, and in the address that the console prints. This tab keeps it until it is closed.</p>
      <div class=${`field ${problem ? "wrong" : ""}`}><label for="key">Key</label>
        <input id="key" class="input mono" type="password" autocomplete="off" autofocus value=${text} aria-invalid=${problem ? "true" : undefined} aria-describedby=${problem ? "key-hint" : undefined} onInput=${(event) => setText(event.target.value)} />
        ${problem ? html`<p class="hint problem" id="key-hint" role="alert"><${Icon} name="cross" size=${10} />${problem}</p>` : null}</div>
      <button class="primary" disabled=${text.trim() === ""}>Open</button>
    </form>
  </main>`;
}

takeKey();
// Before the view hears of it: an address with a key may be opened where the page is open already.
addEventListener("hashchange", () => location.hash.startsWith("#key=") && takeKey());
watchVisibility();
const live = document.createElement("div");
live.id = "live";
live.className = "hidden";
live.setAttribute("role", "status");
document.body.append(live);
render(html`<${App} />`, document.getElementById("app"));
