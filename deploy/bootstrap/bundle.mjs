// Bundles every process into one file, dist/bin/NAME.mjs: a bundle starts in a
// third of the time that the same code takes from node_modules, and a cluster
// starts nine processes. Run by `npm run build` and, when sources have changed,
// by `npm start` and `npm test`.
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

const top = fileURLToPath(new URL('../../', import.meta.url));
const bin = join(top, 'dist/bin');
const stampFile = join(bin, '.stamp');

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
  for (const path of ['packages/api/scripts', 'proto', 'package-lock.json', 'deploy/bootstrap/bundle.mjs'])
    add(join(top, path));
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
      return { contents: contents.replaceAll('__dirname', `(__bundleDirectory + ${JSON.stringify(`/${folder}`)})`) };
    });
  },
};

const BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __bundleDirectory = import.meta.dirname;',
].join('\n');

/** Bundles everything; rejects with esbuild's messages. KUBELAB_SOURCE_MAPS=1 adds source maps. */
export async function bundle() {
  const { build } = await import('esbuild');
  const digest = inputsDigest();
  mkdirSync(join(bin, 'chunks'), { recursive: true });
  const outcomes = await Promise.allSettled(
    Object.entries(entryPoints()).map(async ([name, entry]) => {
      const { outputFiles } = await build(optionsFor(name, entry));
      return outputFiles;
    }),
  );
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  const files = outcomes.flatMap((outcome) => outcome.value ?? []);
  for (const file of files) {
    // Whoever starts a process meanwhile gets the old file or the new one.
    writeFileSync(`${file.path}.new`, file.contents);
    renameSync(`${file.path}.new`, file.path);
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map((error) => error.message).join('\n'));
  removeOthers(new Set(files.map((file) => file.path)));
  writeFileSync(stampFile, digest);
}

function optionsFor(name, entry) {
  return {
    entryPoints: { [name]: entry },
    outdir: bin,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: process.env.KUBELAB_SOURCE_MAPS === '1',
    banner: { js: BANNER },
    plugins: [workspacePackages, withoutSsh, protoFiles],
    external: ['cpu-features', 'ssh2'],
    logLevel: 'silent',
  };
}

/** Bundles of entry points that are no more, and the chunks of older builds. */
function removeOthers(present) {
  for (const folder of [bin, join(bin, 'chunks')])
    for (const file of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, file.name);
      if (file.isFile() && path !== stampFile && !present.has(path)) rmSync(path);
    }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
