// The bases that images are built on where nothing can be pulled: Debian by
// debootstrap, and the same with this machine's own Node.
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildImage, importImage, inspectImage, pullImage } from './engine.mjs';
import { BASE_IMAGE, BUILT_LABEL, NODE_BASE_IMAGE } from './recipes.mjs';

const run = promisify(execFile);
const SUITE = 'bookworm';
/** KUBELAB_DEBIAN_MIRROR, or the one that debootstrap takes by itself. */
const MIRROR = process.env.KUBELAB_DEBIAN_MIRROR;
const pulls = new Map();

/** Pulls at most once a run, and nothing more from a registry that could not be reached. */
export function tryPull(image) {
  const known = pulls.get(image) ?? pulls.get('unreachable');
  if (known) return known;
  const pull = pullImage(image).then(
    () => true,
    (error) => {
      if (/no such host|timeout|refused|unreachable|silent/i.test(error.message)) pulls.set('unreachable', pull);
      return false;
    },
  );
  pulls.set(image, pull);
  return pull;
}

/** The image to build on: `debian`, or `node` with Node 20 in it. Made once, whoever asks. */
const bases = new Map();
export function baseImage(kind, log) {
  if (!bases.has(kind)) bases.set(kind, kind === 'node' ? nodeBase(log) : debianBase(log));
  return bases.get(kind);
}

async function debianBase(log) {
  if (await inspectImage(BASE_IMAGE)) return BASE_IMAGE;
  if (await tryPull('debian:bookworm-slim')) return 'debian:bookworm-slim';
  log(`${BASE_IMAGE}: debootstrap (about half a minute, once)`);
  const root = mkdtempSync(join(tmpdir(), 'kubelab-base-'));
  try {
    await run('debootstrap', ['--variant=minbase', SUITE, root, ...(MIRROR ? [MIRROR] : [])], { maxBuffer: 64 << 20 });
    for (const path of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'])
      rmSync(join(root, path), { recursive: true, force: true });
    for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial', 'usr/share/man/man1'])
      mkdirSync(join(root, path), { recursive: true });
    // Packages must start nothing while an image is built.
    writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    await importImage(BASE_IMAGE, tarOf(root, ['.']), [`LABEL ${BUILT_LABEL}=true`, 'CMD ["bash"]']);
  } catch (error) {
    throw new Error(`no base image can be pulled, and debootstrap failed: ${error.stderr?.trim() || error.message}`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return BASE_IMAGE;
}

async function nodeBase(log) {
  if (await inspectImage(NODE_BASE_IMAGE)) return NODE_BASE_IMAGE;
  const pulled = 'node:20-bookworm-slim';
  if ((await inspectImage(pulled)) || (await tryPull(pulled))) return pulled;
  const base = await debianBase(log);
  log(`${NODE_BASE_IMAGE}: ${base} with this machine's Node ${process.version}`);
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-node-'));
  try {
    cpSync(process.execPath, join(folder, 'node'), { dereference: true });
    // Debian's C++ runtime comes with apt; a Node linked against newer libraries says so at its first start.
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${base}\nRUN apt-get -o Acquire::Languages=none update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*\nCOPY node /usr/local/bin/node\nRUN node --version\n`,
    );
    await buildImage({ name: NODE_BASE_IMAGE, context: tarOf(folder, ['.']), labels: { [BUILT_LABEL]: 'true' } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return NODE_BASE_IMAGE;
}

/** A tar stream of paths below a folder, the same whoever owns the files. */
export function tarOf(folder, paths) {
  const tar = spawn('tar', ['-C', folder, '--numeric-owner', '-c', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
  return tar.stdout;
}
