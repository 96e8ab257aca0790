import { useLayoutEffect, useMemo, useState } from "../vendor/hooks.mjs";

/** Reads the address: view, id and filters. */
export function readRoute() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  const [view = "", id] = path.split("/").filter(Boolean);
  const params = Object.fromEntries(new URLSearchParams(query));
  return { view: view || "overview", id: id === undefined ? null : safeDecode(id), params };
}

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Makes an address of a path and filters; those that are empty are left out. */
export function address(path, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== null && value !== undefined && value !== ""));
  return `#${path}${query.size > 0 ? `?${query}` : ""}`;
}

/** The address of a job. */
export function jobAddress(id, params) {
  return address(`/jobs/${encodeURIComponent(id)}`, params);
}

/** Goes to an address. */
export function go(to) {
  location.hash = to;
}

/** Changes the filters of the address without a step in the history. */
export function replaceParams(path, params) {
  history.replaceState(null, "", address(path, params));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Uses the address. */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useLayoutEffect(() => {
    const change = () => setHash(location.hash);
    addEventListener("hashchange", change);
    // It may have changed since it was read.
    change();
    return () => removeEventListener("hashchange", change);
  }, []);
  return useMemo(readRoute, [hash]);
}
