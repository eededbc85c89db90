import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuditLog } from './audit-log.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'kubelab-audit-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const turn = () => new Promise((resolve) => setImmediate(resolve));

function open(settings: { maxBackups?: number; maxAgeDays?: number; nowMs?: () => number } = {}) {
  const path = join(directory, 'audit.log');
  const failures: unknown[] = [];
  const onError = (error: unknown) => failures.push(error);
  return {
    path,
    failures,
    log: openAuditLog({ path, maxSizeMebibytes: 1, maxBackups: 0, maxAgeDays: 0, onError, ...settings }),
  };
}

test('writes lines in their order, for its owner alone', async () => {
  const { log, path } = open();
  log.write('one');
  log.write('two');
  await turn();
  log.write('three');
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\nthree\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('goes on in the file that is there', () => {
  open().log.close();
  const { log, path } = open();
  log.write('more');
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('more\n');
});

test('begins a new file at the size, and keeps as many as it may', async () => {
  let nowMs = Date.parse('2026-01-01T00:00:00Z');
  const { log, path } = open({ maxBackups: 2, nowMs: () => nowMs });
  for (let i = 0; i < 5; i += 1) {
    log.write(String(i).repeat(700 * 1024));
    await turn();
    nowMs += 1000;
  }
  log.close();
  expect(readdirSync(directory).sort()).toEqual([
    'audit-2026-01-01T00-00-03.000.log',
    'audit-2026-01-01T00-00-04.000.log',
    'audit.log',
  ]);
  expect(readFileSync(path, 'utf8').slice(0, 3)).toBe('444');
  expect(readFileSync(join(directory, 'audit-2026-01-01T00-00-04.000.log'), 'utf8').slice(0, 3)).toBe('333');
});

test('tells of a directory that is not there', () => {
  expect(() =>
    openAuditLog({
      path: join(directory, 'absent', 'audit.log'),
      maxSizeMebibytes: 0,
      maxBackups: 0,
      maxAgeDays: 0,
      onError: () => {},
    }),
  ).toThrow('ENOENT');
});
