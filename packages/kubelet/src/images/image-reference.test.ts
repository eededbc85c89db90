import { describe, expect, it } from 'vitest';
import { parseImageReference } from './image-reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('parseImageReference', () => {
  it.each([
    ['nginx', 'docker.io', 'library/nginx', 'latest', undefined, 'nginx:latest'],
    ['nginx:1.22', 'docker.io', 'library/nginx', '1.22', undefined, 'nginx:1.22'],
    ['me/app', 'docker.io', 'me/app', 'latest', undefined, 'me/app:latest'],
    ['localhost/app:x', 'localhost', 'app', 'x', undefined, 'localhost/app:x'],
    [
      'registry.example:5000/a/b/c',
      'registry.example:5000',
      'a/b/c',
      'latest',
      undefined,
      'registry.example:5000/a/b/c:latest',
    ],
    [`nginx@${DIGEST}`, 'docker.io', 'library/nginx', undefined, DIGEST, `nginx@${DIGEST}`],
    [`nginx:1@${DIGEST}`, 'docker.io', 'library/nginx', '1', DIGEST, `nginx:1@${DIGEST}`],
    [
      'index.docker.io/library/nginx',
      'docker.io',
      'library/nginx',
      'latest',
      undefined,
      'index.docker.io/library/nginx:latest',
    ],
  ])('%s', (image, registry, repository, tag, digest, name) => {
    expect(parseImageReference(image)).toEqual({ registry, repository, tag, digest, name });
  });

  it.each(['', 'Nginx', 'a b', 'nginx:', 'nginx:-x', 'nginx@sha256:abc', 'a//b', '/a', 'a/', 'a@b@c', 'http://a/b'])(
    'refuses %j',
    (image) => {
      expect(parseImageReference(image)).toBeUndefined();
    },
  );
});
