import { storedKey, withKey } from "./key.js";

/** What the API reference needs of this tab: its key, for the document and for requests that are tried. */
const key = storedKey();
if (!key) {
  // The page asks for it.
  location.replace("/");
}

export default {
  customFetch: (input, init = {}) => {
    const url = input instanceof Request ? input.url : input;
    return fetch(input, { ...init, headers: withKey(url, init.headers ?? (input instanceof Request ? input.headers : undefined)) });
  },
  authentication: { preferredSecurityScheme: "key", securitySchemes: { key: { token: key } } },
};
