import { CommandFailed, execute } from './backend/execute.js';
import type { Frontend, ServiceRules } from './rule-model.js';

/** Flows that the kernel would go on sending to an endpoint that is no longer there. */
export interface StaleFlow {
  readonly protocol: 'UDP' | 'SCTP';
  /** "" for a node port. */
  readonly address: string;
  readonly port: number;
  /** Flows to this endpoint; undefined: flows that were never sent to one. */
  readonly endpointIp: string | undefined;
}

/**
 * What connection tracking must forget after a change. TCP ends its own flows;
 * a UDP client that keeps its port would be tied to the old endpoint for ever.
 */
export function staleFlows(before: ServiceRules | undefined, after: ServiceRules | undefined): StaleFlow[] {
  const idOf = (frontend: Frontend) => `${frontend.kind} ${frontend.address} ${frontend.protocol} ${frontend.port}`;
  const next = new Map(after?.frontends.map((frontend) => [idOf(frontend), frontend]));
  const previous = new Map(before?.frontends.map((frontend) => [idOf(frontend), frontend]));
  const stale: StaleFlow[] = [];
  for (const [id, frontend] of previous) {
    const kept = new Set(next.get(id)?.endpoints.map((endpoint) => endpoint.ip));
    for (const endpoint of frontend.endpoints) if (!kept.has(endpoint.ip)) add(stale, frontend, endpoint.ip);
  }
  for (const [id, frontend] of next)
    if (frontend.endpoints.length > 0 && (previous.get(id)?.endpoints.length ?? 0) === 0)
      add(stale, frontend, undefined);
  return stale;
}

function add(stale: StaleFlow[], frontend: Frontend, endpointIp: string | undefined): void {
  const { protocol, address, port } = frontend;
  if (protocol !== 'TCP') stale.push({ protocol, address, port, endpointIp });
}

export async function forgetFlow(flow: StaleFlow, signal: AbortSignal): Promise<void> {
  const args = ['-D', '-p', flow.protocol.toLowerCase(), '--orig-port-dst', String(flow.port)];
  if (flow.address !== '') args.push('--orig-dst', flow.address);
  if (flow.endpointIp !== undefined) args.push('--dst-nat', flow.endpointIp);
  try {
    await execute('conntrack', args, { signal });
  } catch (error) {
    // It exits with 1 when there was no such flow.
    if (!(error instanceof CommandFailed && error.standardError.includes('0 flow entries'))) throw error;
  }
}
