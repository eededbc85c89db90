// What a machine must have for a cluster, and how it gets it: on Debian and
// Ubuntu, as root, by apt-get; elsewhere by what the user is told to type.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, step } from './steps.mjs';

const ADMINISTRATION = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where each thing that is needed comes from, by package manager; `file` where it is no program. */
const NEEDS = [
  { program: 'dockerd', apt: 'docker.io', dnf: 'moby-engine' },
  { program: 'etcd', apt: 'etcd-server', dnf: 'etcd' },
  { program: 'etcdctl', apt: 'etcd-client', dnf: 'etcd' },
  { program: 'nft', apt: 'nftables', dnf: 'nftables' },
  { program: 'iptables', apt: 'iptables', dnf: 'iptables-nft' },
  { program: 'ip', apt: 'iproute2', dnf: 'iproute' },
  { program: 'conntrack', apt: 'conntrack', dnf: 'conntrack-tools' },
  { program: 'nsenter', apt: 'util-linux', dnf: 'util-linux' },
  { file: '/usr/lib/cni/bridge', apt: 'containernetworking-plugins', dnf: 'containernetworking-plugins' },
  { program: 'kubectl', apt: 'kubernetes-client', dnf: 'kubernetes-client' },
];
/** Only where images are built on a base of our own. */
const IMAGE_NEEDS = [{ program: 'debootstrap', apt: 'debootstrap', dnf: 'debootstrap' }];

/** Only for the tests. */
const TEST_NEEDS = [{ program: 'docker-compose', apt: 'docker-compose', dnf: 'docker-compose' }];

/**
 * Installs what is missing, or throws a SetupError that says what to type.
 * `images`: some have to be built; `tests`: tests will be run.
 */
export async function ensureMachine({ images = false, tests = false }) {
  checkNode();
  if (process.platform !== 'linux') throw new SetupError(`kubelab needs Linux; this is ${process.platform}.`);
  const needs = [...NEEDS, ...(images ? IMAGE_NEEDS : []), ...(tests ? TEST_NEEDS : [])];
  const missing = needs.filter((need) => !isThere(need));
  const isRoot = process.getuid() === 0;
  if (missing.length === 0 && isRoot) return;
  if (!isRoot || !isDebian() || !isThere({ program: 'apt-get' })) throw new SetupError(instructions(missing, isRoot));
  await install([...new Set(missing.map(({ apt }) => apt))]);
  const still = missing.filter((need) => !isThere(need));
  if (still.length > 0) throw new SetupError(instructions(still, isRoot));
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 11)) return;
  throw new SetupError(`kubelab needs Node 20.11 or newer; this is ${process.versions.node} (https://nodejs.org).`);
}

function isThere({ program, file }) {
  if (file) return existsSync(file);
  return [...(process.env.PATH ?? '').split(delimiter), ...ADMINISTRATION].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isDebian() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

function instructions(missing, isRoot) {
  const lines = ['This machine is not ready for a cluster yet.', ''];
  const sudo = isRoot ? '' : 'sudo ';
  if (missing.length > 0) {
    lines.push('Missing:', ...missing.map(({ program, file, apt }) => `  - ${program ?? file} (Debian: ${apt})`), '');
    lines.push('Install it:', ...installCommands(missing).map((command) => `  ${sudo}${command}`), '');
  }
  if (!isRoot) lines.push('A cluster needs root (network namespaces, packet rules, Docker):', '  sudo npm start', '');
  else lines.push('Then:', '  npm start', '');
  return lines.join('\n');
}

function installCommands(missing) {
  const names = (manager) => [...new Set(missing.map((need) => need[manager]))].join(' ');
  if (!isDebian() && isThere({ program: 'dnf' })) return [`dnf install -y ${names('dnf')}`];
  if (isDebian()) return ['apt-get update', `apt-get install -y --no-install-recommends ${names('apt')}`];
  return [`YOUR-PACKAGE-MANAGER install ${names('apt')}   (the names are Debian's)`];
}

async function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => runQuietly('apt-get', args, env);
  await step(`install ${packages.join(' ')}`, async () => {
    const lists = existsSync('/var/lib/apt/lists') ? readdirSync('/var/lib/apt/lists') : [];
    const install = ['install', '-y', '--no-install-recommends', ...packages];
    if (lists.some((name) => name.includes('_Packages'))) {
      // Lists may be too old to still be served: then they are fetched, and it is tried again.
      try {
        await apt(...install);
        return;
      } catch {}
    }
    await apt('-qq', 'update');
    await apt(...install);
  });
}

/** Runs a program to its end; rejects with what it printed when it fails. */
export function runQuietly(command, args, env = process.env, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, ...options });
    let output = '';
    const add = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new SetupError(`${command} ${args.join(' ')} failed:\n${output}`)),
    );
  });
}
