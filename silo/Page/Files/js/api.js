import { parse } from "./json.js";
import { storedKey, storeKey } from "./key.js";
import { get, set } from "./store.js";

/** When the server answered last, or null. */
export let answeredAt = null;

/** What the server, or the way to it, answered instead of a document. */
export class ApiError extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail || problem?.title || (status ? `The server answered ${status}.` : "No answer."));
    this.status = status;
    this.title = problem?.title ?? null;
    this.errors = problem?.errors ?? null;
    this.retryAfter = retryAfter;
  }
}

/** Takes the key out of the address, or out of what this tab has kept. */
export function takeKey() {
  const match = /^#key=([^&]+)(?:&to=(\/.*))?$/.exec(location.hash);
  if (match) {
    history.replaceState(null, "", `${location.pathname}#${match[2] ?? "/"}`);
    keepKey(decodeURIComponent(match[1]));
  } else {
    set({ key: storedKey() });
  }
}

/** Keeps a key for this tab. */
export function keepKey(key) {
  storeKey(key);
  set({ key });
}

function dropKey() {
  storeKey(null);
  set({ key: null, me: null });
}

/** Sends a request with the key and returns the response, or throws an ApiError. */
export async function send(method, path, { body, headers, signal } = {}) {
  const { key } = get();
  let response;
  try {
    response = await fetch(path, {
      method,
      signal,
      cache: "no-store",
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new ApiError(0, null, null);
  }
  if (response.ok) {
    answeredAt = Date.now();
    return response;
  }
  if (response.status === 401 && key === get().key) {
    dropKey();
  }
  let problem = null;
  try {
    problem = await response.json();
  } catch {
    // A body that is no JSON adds nothing to the status.
  }
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  throw new ApiError(response.status, problem, retryAfter);
}

/** Gets a document. */
export async function load(path, signal) {
  return parse(await (await send("GET", path, { signal })).text());
}

/** Posts a document and returns the answer. */
export async function post(path, body, signal) {
  const text = await (await send("POST", path, { body, signal })).text();
  return text ? parse(text) : null;
}

/** Deletes what a path names. */
export async function remove(path) {
  await send("DELETE", path);
}

/** Reads server-sent events until the stream ends; calls back with each event's name, data and id. */
export async function readEvents(path, { lastEventId, signal, onOpen, onEvent, onBytes }) {
  const headers = { Accept: "text/event-stream", ...(lastEventId ? { "Last-Event-ID": lastEventId } : {}) };
  const response = await send("GET", path, { headers, signal });
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { name: "message", data: [], id: null };
  while (true) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    answeredAt = Date.now();
    onBytes();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length > 0) {
          onEvent(event.name, event.data.join("\n"), event.id);
        }
        event = { name: "message", data: [], id: null };
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") {
        event.name = text;
      } else if (field === "data") {
        event.data.push(text);
      } else if (field === "id") {
        event.id = text;
      }
    }
  }
}
