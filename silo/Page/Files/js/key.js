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

/** The headers of a request to this silo, with the tab's key. */
export function withKey(url, headers) {
  const all = new Headers(headers);
  const key = storedKey();
  if (key && new URL(url, location.href).origin === location.origin) {
    all.set("Authorization", `Bearer ${key}`);
  }
  return all;
}
