// `npm start`: from a fresh clone on a fresh machine to an example that answers.
// What is there already is left as it is, so that it may be run at any time.
// Its arguments are those of `kubelab up`.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { runBundle, TOP } from './project.mjs';
import { setUp } from './setup.mjs';
import { main, SetupError, step } from './steps.mjs';

const run = promisify(execFile);
const EXAMPLES = ['namespace.yaml', 'nginx.yaml', 'nginx_s.yaml'];
const NAMESPACE = 'rds2024test';
const DEPLOYMENT = 'nginx-test';
const NODE_PORT = 32080;
const ANSWER_LIMIT_MS = 120_000;
const args = process.argv.slice(2);

await main(async () => {
  const startedMs = performance.now();
  await setUp(['pause', 'nginx']);
  await runBundle('kubelab', ['up', ...args]);
  if (process.exitCode) return;
  const { kubeconfig, nodes, flags } = await describeCluster();
  const kubectl = async (...words) => (await run('kubectl', ['--kubeconfig', kubeconfig, ...words])).stdout.trim();
  await step('apply the example (deploy/examples)', () =>
    kubectl('apply', ...EXAMPLES.flatMap((file) => ['-f', join(TOP, 'deploy/examples', file)])),
  );
  const answers = await step(`nginx answers on port ${NODE_PORT} of every node`, () =>
    Promise.all(nodes.map(({ address }) => untilAnswered(`http://${address}:${NODE_PORT}/`))),
  );
  const tookMs = performance.now() - startedMs;
  await kubectl('rollout', 'status', `deployment/${DEPLOYMENT}`, '-n', NAMESPACE, `--timeout=${ANSWER_LIMIT_MS}ms`);
  await summarize({ kubeconfig, nodes, answers, kubectl, flags, tookMs });
});

/** The kubeconfig of the cluster that is meant, and the nodes that are on. */
async function describeCluster() {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { name: { type: 'string' }, 'state-dir': { type: 'string' } },
  });
  const selector = Object.entries(values).filter(([name]) => name === 'name' || name === 'state-dir');
  const flags = selector.map(([name, value]) => `--${name}=${value}`);
  const bundle = join(TOP, 'dist/bin/kubelab.mjs');
  const kubeconfig = (await run(process.execPath, [bundle, 'kubeconfig', ...flags])).stdout.trim();
  const cluster = JSON.parse(readFileSync(join(dirname(kubeconfig), 'cluster.json'), 'utf8'));
  return { kubeconfig, flags, nodes: cluster.nodes.filter((node) => !node.stopped) };
}

/** The body of the first answer with status 200. */
async function untilAnswered(url) {
  const deadline = Date.now() + ANSWER_LIMIT_MS;
  for (;;) {
    const { status, body } = await fetchOnce(url);
    if (status === 200) return body;
    if (Date.now() > deadline) throw new SetupError(`${url} does not answer: ${body}`);
    await delay(25);
  }
}

function fetchOnce(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
      response.on('error', (error) => resolve({ status: 0, body: error.message }));
    });
    request.once('timeout', () => request.destroy(new Error('no answer')));
    request.once('error', (error) => resolve({ status: 0, body: error.message }));
  });
}

async function summarize({ kubeconfig, nodes, answers, kubectl, flags, tookMs }) {
  const [nodeTable, podTable] = await Promise.all([
    kubectl('get', 'nodes', '-o', 'wide'),
    kubectl('get', 'pods', '-n', NAMESPACE, '-o', 'wide'),
  ]);
  const lines = nodes.map(({ name, address }, index) => {
    const title = /<title>(.*)<\/title>/.exec(answers[index])?.[1] ?? answers[index].slice(0, 60);
    return `  http://${address}:${NODE_PORT}  (${name})  ${title}`;
  });
  const text = [
    '',
    nodeTable,
    '',
    podTable,
    '',
    'nginx, through its NodePort on every node:',
    ...lines,
    '',
    `kubeconfig: ${kubeconfig}   (all in ${(tookMs / 1000).toFixed(1)} s)`,
    '',
    'Next:',
    `  export KUBECONFIG=${kubeconfig}`,
    `  kubectl -n ${NAMESPACE} scale deployment ${DEPLOYMENT} --replicas=5`,
    `  ${['npx kubelab trace', `deployment/${DEPLOYMENT}`, `-n ${NAMESPACE}`, ...flags].join(' ')}`,
    '',
  ];
  process.stdout.write(`${text.join('\n')}\n`);
}
