import { join } from 'node:path';
import { type ResourceType, resourceTable } from '@kubelab/api';
import { loadProto, readTlsMaterial, type SpanMessage, secureChannel } from '@kubelab/runtime';
import { grpcAddress } from '../processes/process-plan.js';
import { CommandError, openContext, requireCluster, say } from './command-context.js';
import { formatTrace } from './format-trace.js';

export interface TraceOptions {
  readonly name: string;
  readonly stateDir?: string;
  readonly namespace: string;
}

const LIMIT_MS = 10_000;
const STATUS_NOT_FOUND = 5;

/** Prints the spans of the latest trace in which an object (`deployment/nginx`) was written, or of a trace by its id. */
export async function trace(options: TraceOptions, what: string): Promise<void> {
  const context = await openContext(options);
  const cluster = await requireCluster(context, options);
  const { pkiDir } = context.paths;
  const tls = await readTlsMaterial({
    caFile: join(pkiDir, 'ca.crt'),
    certFile: join(pkiDir, 'admin.crt'),
    keyFile: join(pkiDir, 'admin.key'),
  });
  const address = grpcAddress(cluster);
  const channel = secureChannel(address, tls);
  const client = new (loadProto().Api)(address, channel.credentials, channel.options);
  try {
    const spans = await getTrace(client, parseSubject(what, options.namespace));
    say(`trace ${spans[0]?.traceId}`);
    say(formatTrace(spans));
  } finally {
    client.close();
  }
}

type Subject = { traceId: string } | { target: Readonly<Record<string, string>> };
type ApiClient = InstanceType<ReturnType<typeof loadProto>['Api']>;
type Callback = (error: { code: number; details: string } | null, answer?: { spans: SpanMessage[] }) => void;

function getTrace(client: ApiClient, subject: Subject): Promise<readonly SpanMessage[]> {
  const method = client.getTrace as (request: Subject, options: { deadline: number }, callback: Callback) => void;
  return new Promise((resolve, reject) => {
    method.call(client, subject, { deadline: Date.now() + LIMIT_MS }, (error, answer) => {
      if (answer && answer.spans.length > 0) resolve(answer.spans);
      else if (!error || error.code === STATUS_NOT_FOUND) reject(new CommandError('no spans are kept of it'));
      else reject(new CommandError(`the apiserver: ${error.details}`));
    });
  });
}

/** `KIND/NAME` with the kind by any of its names, or 32 hex digits. */
export function parseSubject(what: string, namespace: string): Subject {
  if (/^[0-9a-f]{32}$/.test(what)) return { traceId: what };
  const [kind = '', name = '', ...rest] = what.split('/');
  if (name === '' || rest.length > 0) throw new CommandError(`"${what}" is neither KIND/NAME nor the id of a trace`);
  const resource = findResource(kind.toLowerCase());
  if (!resource) throw new CommandError(`there is no kind "${kind}"`);
  const { group, version, plural, namespaced } = resource;
  return { target: { group, version, resource: plural, namespace: namespaced ? namespace : '', name } };
}

function findResource(name: string): ResourceType | undefined {
  const table: readonly Pick<
    ResourceType,
    'group' | 'version' | 'plural' | 'namespaced' | 'singular' | 'shortNames'
  >[] = resourceTable;
  return table.find(({ plural, singular, shortNames }) => [plural, singular, ...shortNames].includes(name)) as
    | ResourceType
    | undefined;
}
