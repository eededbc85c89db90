import {
  appendFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rotateOnce } from './log-rotation.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubelab-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a log that is too long is cut, and what it held is kept once', async () => {
  const log = join(directory, 'etcd.log');
  // The writer has it open all the time, as a component does.
  const writer = openSync(log, 'a');
  writeSync(writer, 'first'.repeat(100));
  await rotateOnce(directory, 100);
  expect(statSync(log).size).toBe(0);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('first'.repeat(100));

  writeSync(writer, 'second'.repeat(100));
  await rotateOnce(directory, 100);
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('second'.repeat(100));
  writeSync(writer, 'third');
  expect(readFileSync(log, 'utf8')).toBe('third');
});

test('a short log and other files stay as they are', async () => {
  writeFileSync(join(directory, 'short.log'), 'x');
  writeFileSync(join(directory, 'other'), 'x'.repeat(500));
  appendFileSync(join(directory, 'short.log'), 'y');
  await rotateOnce(directory, 100);
  expect(readFileSync(join(directory, 'short.log'), 'utf8')).toBe('xy');
  expect(statSync(join(directory, 'other')).size).toBe(500);
});
