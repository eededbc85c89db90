// Bundles every process into one file, which dist/bin/NAME.mjs runs: a bundle
// starts in a third of the time that the same code takes from node_modules, and
// in a fifth with V8's code cache of it; a cluster starts ten processes. Run by
// `npm run build` and, when sources have changed, by `npm start` and `npm test`.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const top = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(top, 'dist/bin');
const code = join(bin, 'code');
const stampFile = join(bin, '.stamp');
const LOADER = 'load-bundle.mjs';

/** Entry points by the name of their bundle: each package's main.ts, and two more. */
function entryPoints() {
  const entries = {};
  for (const name of readdirSync(join(top, 'packages'))) {
    const main = join(top, 'packages', name, 'src/main.ts');
    if (existsSync(main)) entries[name === 'cli' ? 'kubelab' : name] = main;
  }
  entries.supervisor = join(top, 'packages/cli/src/supervisor/main.ts');
  entries.hollow = join(top, 'packages/kubelet/src/hollow-main.ts');
  return entries;
}

/** A digest of what the bundles are made from: paths, sizes and times, not contents. */
function inputsDigest() {
  const hash = createHash('sha256').update(process.version);
  const add = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!name.endsWith('.test.ts')) add(join(path, name));
    } else {
      hash.update(`${relative(top, path)} ${stat.size} ${stat.mtimeMs}\n`);
    }
  };
  for (const name of readdirSync(join(top, 'packages')).sort()) add(join(top, 'packages', name, 'src'));
  for (const path of ['packages/api/scripts', 'proto', 'package-lock.json']) add(join(top, path));
  for (const name of ['bundle.mjs', LOADER]) add(join(top, 'deploy/bootstrap', name));
  return hash.digest('hex');
}

/** Whether dist/bin is what the sources would give. */
export function isBundleFresh() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === inputsDigest();
}

/** Our packages come from their sources, and only what is used of them. */
const workspacePackages = {
  name: 'workspace-packages',
  setup(build) {
    build.onResolve({ filter: /^@kubelab\// }, ({ path }) => {
      const [, name, module = 'index'] = path.split('/');
      return { path: join(top, 'packages', name, 'src', `${module}.ts`), sideEffects: false };
    });
  },
};

/** dockerode's ways over SSH and to BuildKit, which nothing here uses, cost 20 MB of memory. */
const withoutSsh = {
  name: 'without-ssh',
  setup(build) {
    const filter = /node_modules[/\\](docker-modem[/\\]lib[/\\]ssh|dockerode[/\\]lib[/\\](buildkit|session))\.js$/;
    build.onLoad({ filter }, () => ({
      contents: 'module.exports = () => { throw new Error("not part of this bundle"); };',
    }));
  },
};

/**
 * Packages that read .proto files beside their sources. The files are copied to
 * packages/NAME beside the bundle, and `__dirname` leads there.
 */
const protoFiles = {
  name: 'proto-files',
  setup(build) {
    const filter = /node_modules[/\\](etcd3|@grpc[/\\]reflection)[/\\].*\.js$/;
    build.onLoad({ filter }, ({ path }) => {
      const contents = readFileSync(path, 'utf8');
      if (!contents.includes('__dirname')) return undefined;
      const [, name] = filter.exec(path);
      const root = path.slice(0, path.lastIndexOf(name) + name.length);
      for (const protos of ['proto', 'build/proto'].filter((folder) => existsSync(join(root, folder))))
        cpSync(join(root, protos), join(bin, 'packages', name, protos), { recursive: true });
      // `DIR/../proto` is only found where DIR is.
      const folder = join('packages', name, relative(root, dirname(path)));
      mkdirSync(join(bin, folder), { recursive: true });
      writeFileSync(join(bin, folder, 'README'), 'Only here for the .proto files beside it.\n');
      return { contents: contents.replaceAll('__dirname', `(__dirname + ${JSON.stringify(`/${folder}`)})`) };
    });
  },
};

/**
 * What esbuild cannot say outside of ES modules: main.ts awaits what it runs, and
 * modules that only the user knows of are imported by their addresses.
 */
const notInScripts = {
  name: 'not-in-scripts',
  setup(build) {
    build.onLoad({ filter: /[/\\]packages[/\\][a-z-]+[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8').replaceAll('import(pathToFileURL(', '__import(pathToFileURL(');
      return { contents: /main\.ts$/.test(path) ? withAsyncBody(text) : text, loader: 'ts' };
    });
  },
};

function withAsyncBody(text) {
  const last = [...text.matchAll(/^import [^;]*;\n/gm)].at(-1);
  const start = last ? last.index + last[0].length : 0;
  return `${text.slice(0, start)}__main((async () => {${text.slice(start)}})());\n`;
}

/** Bundles everything; rejects with esbuild's messages. KUBELAB_SOURCE_MAPS=1 adds source maps. */
export async function bundle() {
  const { build } = await import('esbuild');
  const digest = inputsDigest();
  mkdirSync(code, { recursive: true });
  const present = new Set([stampFile]);
  const write = (path, contents) => {
    // Whoever starts a process meanwhile gets the old file or the new one.
    writeFileSync(`${path}.new`, contents);
    renameSync(`${path}.new`, path);
    present.add(path);
  };
  write(join(bin, LOADER), readFileSync(join(top, 'deploy/bootstrap', LOADER)));
  const entries = Object.entries(entryPoints());
  const define = { 'import.meta.url': '__bundleUrl', ...(await readCommit()) };
  const outcomes = await Promise.allSettled(
    entries.map(async ([name, entry]) => {
      const { outputFiles } = await build({ ...optionsFor(name, entry), define });
      for (const { path, contents } of outputFiles) {
        if (path.endsWith('.map')) write(path, contents);
        else writeCode(name, Buffer.from(contents).toString('utf8'), write);
      }
    }),
  );
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  if (failures.length > 0) throw new AggregateError(failures, failures.map((error) => error.message).join('\n'));
  const names = entries.map(([name]) => name);
  await writeCodeCaches(names);
  for (const file of cachesOf(present)) present.add(file);
  removeOthers(present);
  writeFileSync(stampFile, digest);
}

/** The code, whose name tells one build from another, and NAME.mjs, which runs it. */
function writeCode(name, text, write) {
  // One byte a character halves what the code takes in memory.
  const ascii = text.replace(/[^ -~\n\r\t]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const hash = createHash('sha256').update(ascii).digest('hex').slice(0, 12);
  write(join(code, `${name}-${hash}.js`), ascii);
  write(
    join(bin, `${name}.mjs`),
    `import { loadBundle } from './${LOADER}';\n\nawait loadBundle(import.meta.url, 'code/${name}-${hash}.js').ended;\n`,
  );
}

/** The commit of the sources, and whether they are as it has them; nothing where they are in no repository. */
async function readCommit() {
  const git = async (...args) => (await run('git', args, { cwd: top })).stdout.trim();
  try {
    const [commit, changes] = [await git('rev-parse', 'HEAD'), await git('status', '--porcelain', '-uno')];
    return {
      'process.env.KUBELAB_GIT_COMMIT': JSON.stringify(commit),
      'process.env.KUBELAB_GIT_TREE_STATE': JSON.stringify(changes === '' ? 'clean' : 'dirty'),
    };
  } catch {
    return {};
  }
}

const run = promisify(execFile);

/**
 * Has each process say how it is used, and keep what V8 has compiled until then; its first run does better.
 * What fails costs only time later.
 */
async function writeCodeCaches(names) {
  const env = { ...process.env, NODE_OPTIONS: '', KUBELAB_WRITE_CODE_CACHE: '1' };
  for (const name of names) {
    const args = [join(bin, `${name}.mjs`), ...(WARM_UP[name] ?? ['--help'])];
    await run(process.execPath, args, { env }).catch(() => undefined);
  }
}

/** The code caches of the files that are present. */
function cachesOf(present) {
  return readdirSync(code)
    .filter((file) => file.endsWith('.cache'))
    .map((file) => join(code, file))
    .filter((file) => present.has(file.replace(/-[0-9a-f]+\.cache$/, '.js')));
}

/** For what is only loaded by a command: this one ends at once, for there is no such state. */
const WARM_UP = { kubelab: ['status', '--state-dir=/proc/self/none'] };

function optionsFor(name, entry) {
  return {
    entryPoints: { [name]: entry },
    outdir: code,
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // In a script, `import()` is for those who load it: see not-in-scripts.
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: process.env.KUBELAB_SOURCE_MAPS === '1',
    banner: { js: '(function(exports,require,module,__filename,__dirname,__bundleUrl,__import,__main){' },
    footer: { js: '})' },
    plugins: [workspacePackages, withoutSsh, protoFiles, notInScripts],
    external: ['cpu-features', 'ssh2'],
    logLevel: 'silent',
  };
}

/** Bundles of entry points that are no more, and the code of older builds. */
function removeOthers(present) {
  for (const folder of [bin, code])
    for (const file of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, file.name);
      if (file.isFile() && !present.has(path)) rmSync(path);
    }
  rmSync(join(bin, 'chunks'), { recursive: true, force: true });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
