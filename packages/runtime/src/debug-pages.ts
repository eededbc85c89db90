/**
 * What `/debug/NAME` of the metrics address answers, as JSON, to a query. For
 * measuring: whoever may read the metrics may read it, so nothing secret is in it.
 * A name that begins with `/` is a path of its own, which answers plain text.
 */
export type DebugPages = Map<string, (query: URLSearchParams) => unknown>;
