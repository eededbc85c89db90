import type { Secret } from '@kubelab/api';
import { describe, expect, it } from 'vitest';
import { type ImageReference, parseImageReference } from './image-reference.js';
import { credentialsFor } from './pull-secrets.js';

function secret(auths: object, type = 'kubernetes.io/dockerconfigjson'): Secret {
  const isConfig = type === 'kubernetes.io/dockerconfigjson';
  const text = JSON.stringify(isConfig ? { auths } : auths);
  const data = { [isConfig ? '.dockerconfigjson' : '.dockercfg']: Buffer.from(text).toString('base64') };
  return { type, data };
}

function found(image: string, ...secrets: Secret[]): string[] {
  const reference = parseImageReference(image) as ImageReference;
  return credentialsFor(reference, secrets).map(({ username, password }) => `${username}:${password}`);
}

const ann = { username: 'ann', password: 'secret' };
const bob = { auth: Buffer.from('bob:a:b').toString('base64') };

describe('credentialsFor', () => {
  it.each([
    ['registry.example/app', 'registry.example'],
    ['registry.example/app', 'https://registry.example'],
    ['registry.example/team/app', 'registry.example/team'],
    ['registry.example:5000/app', 'registry.example:5000'],
    ['a.registry.example/app', '*.registry.example'],
    ['nginx', 'https://index.docker.io/v1/'],
    ['nginx', 'docker.io'],
  ])('for %s takes those of %s', (image, address) => {
    expect(found(image, secret({ [address]: ann }))).toEqual(['ann:secret']);
  });

  it.each([
    ['registry.example/app', 'registry.other'],
    ['registry.example/app', 'registry.example:5000'],
    ['registry.example/teams/app', 'registry.example/team'],
    ['a.b.registry.example/app', '*.registry.example'],
    ['registry.example/app', 'docker.io'],
  ])('for %s leaves those of %s', (image, address) => {
    expect(found(image, secret({ [address]: ann }))).toEqual([]);
  });

  it('takes the most specific first, and reads `auth`', () => {
    const both = secret({ 'registry.example': ann, 'registry.example/team': bob });
    expect(found('registry.example/team/app', both)).toEqual(['bob:a:b', 'ann:secret']);
  });

  it('reads the old form', () => {
    expect(found('registry.example/app', secret({ 'registry.example': ann }, 'kubernetes.io/dockercfg'))).toEqual([
      'ann:secret',
    ]);
  });

  it('leaves out what it cannot read', () => {
    const broken = { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'e30=e' } };
    expect(found('registry.example/app', broken, { type: 'Opaque', data: {} })).toEqual([]);
  });
});
