/**
 * What `/debug/NAME` of the metrics address answers, as JSON, to a query. For
 * measuring: whoever may read the metrics may read it, so nothing secret is in it.
 */
export type DebugPages = Map<string, (query: URLSearchParams) => unknown>;
