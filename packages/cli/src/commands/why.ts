import { join } from 'node:path';
import { isApiError, type Pod, pods } from '@kubelab/api';
import { createApiClient, type SessionApiClient } from '@kubelab/client';
import { readTlsMaterial } from '@kubelab/runtime';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { grpcAddress } from '../processes/process-plan.js';
import { CommandError, openContext, requireCluster, say } from './command-context.js';
import { type Decision, formatDecision } from './format-decision.js';

export interface WhyOptions {
  readonly name: string;
  readonly stateDir?: string;
  readonly namespace: string;
  readonly output: 'text' | 'json' | 'yaml';
}

const EXPLAIN = 'kubelab.io/explain';
const DECISION = 'kubelab.io/decision';
const LIMIT_MS = 10_000;

/**
 * Asks the scheduler why a pod is where it is, or why it has no place, and
 * prints the answer. The question is an annotation on the pod, and so is the
 * answer: whoever may change the pod may ask, over any API.
 */
export async function why(options: WhyOptions, pod: string): Promise<void> {
  const context = await openContext(options);
  const cluster = await requireCluster(context, options);
  const { pkiDir } = context.paths;
  const tls = await readTlsMaterial({
    caFile: join(pkiDir, 'ca.crt'),
    certFile: join(pkiDir, 'admin.crt'),
    keyFile: join(pkiDir, 'admin.key'),
  });
  const client = createApiClient({
    addresses: [grpcAddress(cluster)],
    tls,
    component: 'cli',
    log: pino({ level: 'silent' }),
  });
  try {
    const decision = await ask(client, options.namespace, pod.replace(/^pods?\//, ''));
    if (options.output === 'json') say(JSON.stringify(decision, undefined, 2));
    else if (options.output === 'yaml') say(stringify(decision).trimEnd());
    else say(formatDecision(decision));
  } finally {
    await client.close();
  }
}

async function ask(client: SessionApiClient, namespace: string, name: string): Promise<Decision> {
  const request = `why-${Date.now().toString(36)}`;
  const metadata = { annotations: { [EXPLAIN]: request } };
  const asked = await client.patch<Pod>(pods, { namespace, name }, 'merge', { metadata }).catch((error: unknown) => {
    if (isApiError(error, 'NotFound')) throw new CommandError(`there is no pod ${namespace}/${name}`);
    throw error;
  });
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { resourceVersion } = asked.metadata;
  const scope = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, signal };
  try {
    for await (const { object } of client.watch<Pod>(pods, scope)) {
      const answer = JSON.parse(object.metadata.annotations?.[DECISION] ?? 'null') as Decision | null;
      if (answer?.request === request) return answer;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw new CommandError('the scheduler did not answer: is it running, and is the pod one of its own?');
}
