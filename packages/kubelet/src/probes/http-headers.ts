import type { DeepReadonly, HTTPGetAction } from '@kubelab/api';

export type HttpHeaders = DeepReadonly<NonNullable<HTTPGetAction['httpHeaders']>>;

/** What a probe or a hook sends: what they always do, unless its own headers say otherwise. An empty value takes one away. */
export function httpGetHeaders(sender: 'probe' | 'lifecycle', headers: HttpHeaders): Record<string, string> {
  const own = new Map<string, string>([
    ['user-agent', `kube-${sender}/1.34`],
    ['accept', '*/*'],
    ['connection', 'close'],
  ]);
  for (const { name, value } of headers) own.set(name.toLowerCase(), value);
  return Object.fromEntries([...own].filter(([, value]) => value !== ''));
}
