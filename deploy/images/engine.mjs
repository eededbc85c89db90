// The Docker Engine's API, as far as building images needs it, over plain node:http:
// no docker client, no BuildKit, no package has to be installed for it.
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';

const socketPath = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

/**
 * Sends one request and resolves with the response, whatever its status.
 * `idleTimeoutMs` (default none) ends it when nothing has arrived for so long.
 */
async function call(method, path, { body, contentType, idleTimeoutMs } = {}) {
  const outgoing = request({
    socketPath,
    method,
    path,
    headers: { host: 'docker', ...(contentType && { 'content-type': contentType }) },
  });
  if (idleTimeoutMs) outgoing.setTimeout(idleTimeoutMs, () => outgoing.destroy(new Error('the engine is silent')));
  const answered = new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
  if (body?.pipe) await Promise.all([pipeline(body, outgoing), answered]);
  else outgoing.end(body);
  return answered;
}

async function text(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Follows the engine's stream of JSON lines to its end; rejects with the error that it reports. */
async function follow(response, onLine) {
  if (response.statusCode >= 400) throw new Error((await text(response)).trim());
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line);
      if (message.error) throw new Error(message.error);
      onLine?.(message);
    }
  }
}

/** The image's details, or undefined when it is not present. */
export async function inspectImage(name) {
  const response = await call('GET', `/images/${encodeURIComponent(name)}/json`);
  const body = await text(response);
  if (response.statusCode === 404) return undefined;
  if (response.statusCode >= 400) throw new Error(body.trim());
  return JSON.parse(body);
}

/** Pulls an image; rejects when the registry refuses, cannot be reached or is silent for 15 s. */
export async function pullImage(name) {
  const [repository, tag = 'latest'] = name.split(':');
  const path = `/images/create?fromImage=${encodeURIComponent(repository)}&tag=${tag}`;
  await follow(await call('POST', path, { idleTimeoutMs: 15_000 }));
}

/** Makes an image of one layer from a tar stream of its root file system. `changes` are Dockerfile lines. */
export async function importImage(name, tar, changes = []) {
  const [repo, tag = 'latest'] = name.split(':');
  const query = new URLSearchParams({ fromSrc: '-', repo, tag });
  for (const change of changes) query.append('changes', change);
  await follow(await call('POST', `/images/create?${query}`, { body: tar, contentType: 'application/x-tar' }));
}

/** Builds a Dockerfile from a tar stream of its context, on the host's network. `onOutput` gets what it prints. */
export async function buildImage({ name, context, dockerfile = 'Dockerfile', args = {}, labels = {}, onOutput }) {
  const query = new URLSearchParams({
    t: name,
    dockerfile,
    networkmode: 'host',
    rm: '1',
    forcerm: '1',
    buildargs: JSON.stringify(args),
    labels: JSON.stringify(labels),
  });
  const response = await call('POST', `/build?${query}`, { body: context, contentType: 'application/x-tar' });
  await follow(response, (message) => message.stream && onOutput?.(message.stream));
}

/** Removes the images that carry the label, have no name (another has taken it) and are in no container's use. */
export async function pruneImages(label) {
  const filters = JSON.stringify({ dangling: ['true'], label: [label] });
  const response = await call('POST', `/images/prune?${new URLSearchParams({ filters })}`);
  const body = await text(response);
  if (response.statusCode >= 400) throw new Error(body.trim());
}
