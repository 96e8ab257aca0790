import { fetchWithKey, needKey, withKey } from "./key.js";

needKey();

// The dashboard knows of no keys: its requests get the one of this tab.
window.fetch = fetchWithKey(window.fetch.bind(window));
const { open } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, url, ...rest) {
  open.call(this, method, url, ...rest);
  for (const [name, value] of withKey(url)) {
    this.setRequestHeader(name, value);
  }
};
