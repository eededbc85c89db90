import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, EngineError } from '../engine/engine.js';
import { imagesLoad } from './images.js';

let directory: string;
let archive: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubelab-images-'));
  archive = join(directory, 'app.tar');
  await writeFile(archive, 'the archive');
});
afterAll(() => rm(directory, { recursive: true }));

/** An engine that has one image, and answers an upload with these lines. */
function engineWith(...answer: object[]) {
  const uploads: string[] = [];
  const engine = {
    get: async (path: string) => {
      if (path === '/images/team/app%3A1/json') return {};
      throw new EngineError(404, 'No such image');
    },
    upload: async (_path: string, stream: NodeJS.ReadableStream) => {
      uploads.push(await text(stream));
      return answer.map((line) => `${JSON.stringify(line)}\n`).join('');
    },
  } as unknown as Engine;
  return { engine, uploads };
}

it('loads archives', async () => {
  const { engine, uploads } = engineWith({ stream: 'Loaded image: app:1\n' });
  await imagesLoad([archive], engine);
  expect(uploads).toEqual(['the archive']);
});

it('takes an image that is on the engine already', async () => {
  const { engine, uploads } = engineWith();
  await imagesLoad(['team/app:1'], engine);
  expect(uploads).toEqual([]);
});

it('says why an archive cannot be loaded', async () => {
  await expect(imagesLoad([archive], engineWith({ error: 'invalid tar header' }).engine)).rejects.toThrow(
    `${archive}: invalid tar header`,
  );
  await expect(imagesLoad([archive], engineWith().engine)).rejects.toThrow('no image is in it');
});
