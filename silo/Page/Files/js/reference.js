import { fetchWithKey, needKey, storedKey } from "./key.js";

needKey();

/** What the API reference needs of this tab: its key, for the document and for requests that are tried. */
export default {
  customFetch: fetchWithKey((input, init) => fetch(input, init)),
  authentication: { preferredSecurityScheme: "key", securitySchemes: { key: { token: storedKey() } } },
};
