const STORED = "ow.key";

/** The key that this tab has kept, or null. */
export function storedKey() {
  return sessionStorage.getItem(STORED);
}

/** Keeps a key for this tab; null forgets it. */
export function storeKey(key) {
  if (key === null) {
    sessionStorage.removeItem(STORED);
  } else {
    sessionStorage.setItem(STORED, key);
  }
}

/** Goes to the page, which asks for a key, where this tab has none. */
export function needKey() {
  if (!storedKey()) {
    location.replace("/");
  }
}

/** The headers of a request to this silo, with the tab's key. */
export function withKey(url, headers) {
  const all = new Headers(headers);
  const key = storedKey();
  if (key && new URL(url, location.href).origin === location.origin) {
    all.set("Authorization", `Bearer ${key}`);
  }
  return all;
}

/** A `fetch` that sends the tab's key to this silo. */
export function fetchWithKey(fetch) {
  return (input, init = {}) => {
    const request = input instanceof Request ? input : null;
    return fetch(input, { ...init, headers: withKey(request?.url ?? input, init.headers ?? request?.headers) });
  };
}
