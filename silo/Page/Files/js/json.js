/** Parses a document; numbers of its input, options and result that are no doubles keep their digits. */
export function parse(text) {
  const document = JSON.parse(text);
  if (!JSON.rawJSON || !document || !("input" in document || "result" in document)) {
    return document;
  }
  const exact = JSON.parse(text, (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && String(value) !== context?.source
      ? JSON.rawJSON(context.source)
      : value,
  );
  return { ...document, input: exact.input, options: exact.options, result: exact.result };
}
