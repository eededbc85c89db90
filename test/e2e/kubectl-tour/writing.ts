import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { since, step, type Tour, variant } from './tour.js';

const configMap = (name: string, data: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

/** Everything that changes objects, but for workloads'. */
export async function writing(tour: Tour): Promise<void> {
  await apply(tour);
  await serverSideApply(tour);
  await edit(tour);
  await patchAndReplace(tour);
  await labels(tour);
  await access(tour);
  await remove(tour);
}

async function apply(tour: Tour): Promise<void> {
  const send = (data: Record<string, string>, ...flags: string[]) => ({
    args: ['apply', ...flags, '-f', '-'],
    stdin: configMap('applied', data),
  });
  const first = send({ a: '1', b: '2' });
  await step(tour, first.args, { stdin: first.stdin, stdout: /^configmap\/applied created\n$/ });
  await step(tour, first.args, { stdin: first.stdin, stdout: /^configmap\/applied unchanged\n$/ });
  const changed = send({ a: '3' });
  await step(tour, ['diff', '-f', '-'], {
    code: 1,
    stdin: changed.stdin,
    stdout: /^- {2}a: "1"\n- {2}b: "2"\n\+ {2}a: "3"\n/m,
  });
  const dry = send({ a: '3' }, '--dry-run=server');
  await step(tour, dry.args, { stdin: dry.stdin, stdout: /^configmap\/applied configured \(server dry run\)\n$/ });
  await step(tour, changed.args, { stdin: changed.stdin, stdout: /^configmap\/applied configured\n$/ });
  await step(tour, ['get', 'cm', 'applied', '-o', 'jsonpath={.data}'], { stdout: /^{"a":"3"}$/ });
  await step(tour, ['diff', '-f', '-'], { stdin: changed.stdin, stdout: /^$/ });
  await step(tour, ['apply', 'view-last-applied', 'cm/applied'], { stdout: /^ {2}a: "3"$/m });
  const directory = tour.directory;
  for (const name of ['one', 'two']) {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `set-${name}`, labels: { set: 'yes' } } };
    await writeFile(join(directory, `set-${name}.json`), JSON.stringify(object));
  }
  const both = ['-f', join(directory, 'set-one.json'), '-f', join(directory, 'set-two.json')];
  await step(tour, ['apply', ...both], { stdout: /set-one created\nconfigmap\/set-two created\n/ });
  const prune = ['apply', '-f', join(directory, 'set-one.json'), '--prune', '-l', 'set=yes'];
  await step(
    tour,
    [
      ...prune,
      `--prune-whitelist=core/v1/ConfigMap`.replace(
        'prune-whitelist',
        tour.minor >= 26 ? 'prune-allowlist' : 'prune-whitelist',
      ),
    ],
    {
      stdout: /configmap\/set-two pruned\n/,
    },
  );
}

async function serverSideApply(tour: Tour): Promise<void> {
  const manager = (name: string, value: string, ...flags: string[]) =>
    tour.kubectl.run(['apply', '--server-side', `--field-manager=${name}`, ...flags, '-f', '-'], {
      stdin: configMap('shared', { key: value }),
    });
  expect(await manager('one', '1')).toMatchObject({ code: 0, stdout: 'configmap/shared serverside-applied\n' });
  expect(await manager('one', '2')).toMatchObject({ code: 0 });
  const conflict = await manager('two', '3');
  expect(conflict).toMatchObject({ code: 1, stderr: expect.stringMatching(/conflict with "one".*: \.data\.key/) });
  expect(await manager('two', '3', '--force-conflicts')).toMatchObject({ code: 0 });
  await step(tour, ['get', 'cm', 'shared', '-o', 'jsonpath={.data.key}'], { stdout: /^3$/ });
}

/** KUBE_EDITOR is set by the test: it writes `after` where `before` was. */
async function edit(tour: Tour): Promise<void> {
  await step(tour, ['create', 'cm', 'edited', '--from-literal=key=before']);
  await step(tour, ['edit', 'cm', 'edited'], { stdout: /^configmap\/edited edited\n$/ });
  await step(tour, ['get', 'cm', 'edited', '-o', 'jsonpath={.data.key}'], { stdout: /^after$/ });
  await step(tour, ['edit', 'cm', 'edited'], { stderr: /Edit cancelled, no changes made/ });
  await variant(tour, ['edit', 'deploy', 'web', '-o', 'json'], { stderr: /Edit cancelled, no changes made/ });
}

async function patchAndReplace(tour: Tour): Promise<void> {
  await step(tour, ['patch', 'cm', 'settings', '-p', '{"data":{"c":"3"}}'], {
    stdout: /^configmap\/settings patched\n$/,
  });
  await step(tour, ['patch', 'cm', 'settings', '-p', '{"data":{"c":"3"}}'], { stdout: /patched \(no change\)\n$/ });
  await step(tour, ['patch', 'cm', 'settings', '--type=merge', '-p', '{"data":{"c":null}}']);
  await variant(
    tour,
    ['patch', 'cm', 'settings', '--type=json', '-p', '[{"op":"test","path":"/data/a","value":"9"}]'],
    {
      code: 1,
      stderr: /^The request is invalid/,
    },
  );
  await since(tour, 24, [
    'patch',
    'deploy',
    'web',
    '--subresource=scale',
    '--type=merge',
    '-p',
    '{"spec":{"replicas":2}}',
  ]);
  await step(tour, ['replace', '-f', '-'], {
    stdin: configMap('applied', { a: '5' }),
    stdout: /^configmap\/applied replaced\n$/,
  });
  await step(tour, ['replace', '--force', '-f', '-'], {
    stdin: configMap('applied', { a: '6' }),
    stdout: /"applied" (force )?deleted.*\nconfigmap\/applied replaced\n$/,
  });
  await step(tour, ['replace', '-f', '-'], {
    code: 1,
    stdin: configMap('nope', {}),
    stderr: /configmaps "nope" not found/,
  });
  await step(tour, ['create', '-f', '-'], {
    code: 1,
    stdin: configMap('applied', {}),
    stderr: /configmaps "applied" already exists/,
  });
  await step(tour, ['create', 'cm', 'Bad_Name'], {
    code: 1,
    stderr: /metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain/,
  });
  await step(tour, ['create', 'cm', 'dry', '--dry-run=server', '-o', 'name'], { stdout: /^configmap\/dry\n$/ });
  await variant(tour, ['create', 'secret', 'tls', 'x', '--cert=/nope', '--key=/nope'], { code: 1 });
}

async function labels(tour: Tour): Promise<void> {
  await step(tour, ['label', 'cm', 'settings', 'tier=one'], { stdout: /^configmap\/settings labeled\n$/ });
  await step(tour, ['label', 'cm', 'settings', 'tier=two'], {
    code: 1,
    stderr: /already has a value \(one\), and --overwrite is false/,
  });
  await step(tour, ['label', 'cm', 'settings', 'tier=two', '--overwrite']);
  await step(tour, ['label', 'cm', '--all', 'every=one', '--overwrite']);
  await step(tour, ['label', 'cm', 'settings', 'tier-']);
  await step(tour, ['get', 'cm', 'settings', '-o', 'jsonpath={.metadata.labels}'], { stdout: /^{"every":"one"}$/ });
  await step(tour, ['annotate', 'cm', 'settings', 'note=a b'], { stdout: /^configmap\/settings annotated?\n$/ });
  await step(tour, ['annotate', 'cm', 'settings', 'note-']);
  await variant(tour, ['label', 'cm', 'settings', 'bad=a b'], { code: 1, stderr: /[Ii]nvalid/ });
}

async function access(tour: Tour): Promise<void> {
  await step(tour, ['auth', 'can-i', 'create', 'pods'], { stdout: /^yes\n$/ });
  await step(tour, ['auth', 'can-i', 'create', 'pods', '--as=system:serviceaccount:default:default'], {
    code: 1,
    stdout: /^no\n$/,
  });
  await step(tour, ['auth', 'can-i', '--list'], { stdout: /^\*\.\* +\[\] +\[\] +\[\*\]$/m });
  await step(tour, ['create', 'role', 'reader', '--verb=get,list', '--resource=pods'], {
    stdout: /^role\.rbac\.authorization\.k8s\.io\/reader created\n$/,
  });
  const robot = `--serviceaccount=${tour.namespace}:robot`;
  await step(tour, ['create', 'rolebinding', 'reader', '--role=reader', robot]);
  const as = `--as=system:serviceaccount:${tour.namespace}:robot`;
  await step(tour, ['auth', 'can-i', 'list', 'pods', as], { stdout: /^yes\n$/ });
  await step(tour, ['auth', 'can-i', 'delete', 'pods', as], { code: 1, stdout: /^no\n$/ });
  await step(tour, ['get', 'pods', as, '-o', 'name'], { stdout: /^pod\/talker$/m });
  await step(tour, ['delete', 'pod', 'talker', as], {
    code: 1,
    stderr: /pods "talker" is forbidden: User "system:serviceaccount:.*:robot" cannot delete resource "pods"/,
  });
  await since(tour, 24, ['create', 'token', 'robot'], { stdout: /^[\w-]+\.[\w-]+\.[\w-]+\n?$/ });
}

async function remove(tour: Tour): Promise<void> {
  const make = (...names: string[]) =>
    Promise.all(names.map((name) => step(tour, ['create', 'cm', name, '--from-literal=a=1'])));
  await make('gone-a', 'gone-b', 'gone-c', 'gone-d');
  await variant(tour, ['delete', 'cm', 'gone-a', '--dry-run=server'], {
    stdout: /"gone-a" deleted.* \(server dry run\)/,
  });
  await step(tour, ['delete', 'cm', 'gone-a', 'gone-b'], { stdout: /"gone-a" deleted.*\n.*"gone-b" deleted/ });
  await step(tour, ['label', 'cm', 'gone-c', 'gone=yes']);
  await step(tour, ['delete', 'cm', '-l', 'gone=yes'], { stdout: /"gone-c" deleted/ });
  await step(tour, ['delete', 'cm', '--field-selector=metadata.name=gone-d'], { stdout: /"gone-d" deleted/ });
  await step(tour, ['delete', 'cm', 'gone-d'], { code: 1, stderr: /configmaps "gone-d" not found/ });
  await variant(tour, ['delete', 'cm', 'gone-d', '--ignore-not-found'], { stdout: /^$/ });
  await step(tour, ['delete', '-f', '-'], { stdin: configMap('edited', {}), stdout: /"edited" deleted/ });
  await step(tour, ['delete', 'secret', '--all'], { stdout: /"hidden" deleted/ });
}
