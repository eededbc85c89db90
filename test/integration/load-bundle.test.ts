import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const loader = new URL('../../deploy/bootstrap/load-bundle.mjs', import.meta.url);
const PROGRAM = `(function(exports,require,module,__filename,__dirname,__bundleUrl,__import){
  const say = () => require('node:process').stdout.write(__bundleUrl.endsWith('/thing.mjs') ? 'ran ' : '');
  say();
})`;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-bundle-'));
  const main = join(directory, 'thing.mjs');
  await writeFile(join(directory, 'thing-1.js'), PROGRAM);
  await writeFile(
    main,
    `import { loadBundle } from ${JSON.stringify(loader.href)};
     process.stdout.write(String(loadBundle(${JSON.stringify(pathToFileURL(main).href)}, 'thing-1.js').isCached));`,
  );
});

afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  for (const file of await caches()) await rm(file);
  await start({ KUBELAB_WRITE_CODE_CACHE: '1' });
});

async function start(env: Record<string, string> = {}, flags: string[] = []): Promise<string> {
  const { stdout } = await run(process.execPath, [...flags, join(directory, 'thing.mjs')], {
    env: { ...process.env, ...env },
  });
  return stdout;
}

async function caches(): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.cache')).map((name) => join(directory, name));
}

test('a bundle is run with the code cache that an earlier run has left', async () => {
  expect(await caches()).toHaveLength(1);
  expect(await start()).toBe('ran true');
});

describe('what a process leaves at its end', () => {
  /** `lived` stands for how long it ran, in ms. */
  async function live(lived: number, exitCode: number): Promise<void> {
    const program = `performance.now = () => ${lived}; await import(${JSON.stringify(pathToFileURL(join(directory, 'thing.mjs')).href)});
      process.exitCode = ${exitCode};`;
    await run(process.execPath, ['--input-type=module', '--eval', program]).catch((error: { code: number }) => {
      expect(error.code).toBe(exitCode);
    });
  }
  const content = async () => (await readFile((await caches())[0] ?? '')).toString('hex');

  test('one that ran for a while puts what it has compiled in place of the cache of the build, once', async () => {
    const ofBuild = await content();
    await live(3001, 0);
    const ofRun = await content();
    expect(ofRun).not.toBe(ofBuild);
    expect(await start()).toBe('ran true');
    const { mtimeMs } = await stat((await caches())[0] ?? '');
    await live(3001, 0);
    await start({ KUBELAB_WRITE_CODE_CACHE: '1' });
    expect(await stat((await caches())[0] ?? '')).toMatchObject({ mtimeMs });
  });

  test.each([
    [2999, 0],
    [3001, 1],
  ])('one that ended after %i ms with %i leaves the cache as it is', async (lived, exitCode) => {
    const ofBuild = await content();
    await live(lived, exitCode);
    expect(await content()).toBe(ofBuild);
  });
});

test('other flags of V8 have a cache of their own', async () => {
  expect(await start({}, ['--max-semi-space-size=2'])).toBe('ran false');
  expect(await start({ KUBELAB_WRITE_CODE_CACHE: '1' }, ['--max-semi-space-size=2'])).toBe('ran false');
  expect(await caches()).toHaveLength(2);
  expect(await start({}, ['--max-semi-space-size=2'])).toBe('ran true');
  expect(await start()).toBe('ran true');
});

test.each<[string, (file: string) => Promise<void>]>([
  ['absent', (file) => rm(file)],
  ['empty', (file) => truncate(file, 0)],
  ['cut short', (file) => truncate(file, 300)],
  [
    'damaged',
    async (file) => {
      const bytes = await readFile(file);
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 0xff, bytes.length - 40);
      await writeFile(file, bytes);
    },
  ],
])('a cache that is %s is as good as none', async (_, spoil) => {
  const [file = ''] = await caches();
  await spoil(file);
  expect(await start()).toBe('ran false');
});

test('a directory that cannot be written to costs the cache alone', async () => {
  const [file = ''] = await caches();
  await rm(file);
  // What is in the way of the draft and of the file itself.
  const program = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    fs.writeFileSync = () => { throw new Error('read-only file system'); }; syncBuiltinESMExports();
    await import(${JSON.stringify(pathToFileURL(join(directory, 'thing.mjs')).href)});`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, KUBELAB_WRITE_CODE_CACHE: '1' },
  });
  expect(stdout).toBe('ran false');
  expect(stderr).toContain('the code cache cannot be written: read-only file system');
  expect(await caches()).toEqual([]);
});

test('whoever imports a built bundle goes on when its main.ts is through', async () => {
  const bundle = new URL('../../dist/bin/kubelab.mjs', import.meta.url);
  const script = `process.argv = ['node', 'kubelab', 'kubeconfig', '--state-dir', ${JSON.stringify(join(directory, 'none'))}];
    await import(${JSON.stringify(bundle.href)});
    process.stdout.write(String(process.exitCode));
    process.exitCode = 0;`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  expect([stdout, stderr]).toEqual(['1', expect.stringContaining('there is no cluster')]);
});
