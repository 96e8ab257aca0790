import { storedKey, withKey } from "./key.js";

// The dashboard knows of no keys: its requests get the one of this tab.
if (!storedKey()) {
  location.replace("/");
}
const { fetch: ask } = window;
window.fetch = (input, init = {}) => {
  const url = input instanceof Request ? input.url : input;
  return ask(input, { ...init, headers: withKey(url, init.headers ?? (input instanceof Request ? input.headers : undefined)) });
};
const { open } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  open.call(this, method, url, ...rest);
  for (const [name, value] of withKey(url)) {
    this.setRequestHeader(name, value);
  }
};
