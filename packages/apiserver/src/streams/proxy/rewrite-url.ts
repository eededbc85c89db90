/** Where a proxied answer's links lead, and where they are to lead. */
export interface LinkRewriting {
  /** `/api/v1/namespaces/x/pods/y/proxy` */
  readonly prefix: string;
  /** As the client knows this server: `HOST:PORT`. */
  readonly host: string;
  /** Where the answer comes from, as it may know itself. */
  readonly backend: string;
}

const ABSOLUTE = /^(?:([a-z][a-z0-9+.-]*):)?\/\/([^/?#]*)(.*)$/is;

/**
 * A link of a proxied answer as it has to be for the client, as Kubernetes'
 * proxy transport does it: a path of the same host gets the prefix in front.
 * Relative links and those of other hosts stay.
 */
export function rewriteUrl(link: string, { prefix, host, backend }: LinkRewriting): string {
  const absolute = ABSOLUTE.exec(link);
  const [origin, rest] = absolute ? [absolute[2] ?? '', absolute[3] ?? ''] : ['', link];
  if (absolute ? origin !== host && origin !== backend : /^[a-z][a-z0-9+.-]*:/i.test(link)) return link;
  const path = rest === '' && absolute ? '/' : rest;
  if (!path.startsWith('/')) return link;
  const front = absolute && origin === host ? link.slice(0, link.length - rest.length) : '';
  if (path === prefix || path.startsWith(`${prefix}/`)) return front + path;
  return `${front}${prefix}${path}`;
}
