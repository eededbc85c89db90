import { closeSync, fstatSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

export interface AuditLogOptions {
  /** "-" is the standard output. */
  readonly path: string;
  /** Mebibytes at which a new file is begun. Default 100, also for 0. */
  readonly maxSizeMebibytes: number;
  /** How many older files are kept; 0: all. */
  readonly maxBackups: number;
  /** Days that older files are kept; 0: for ever. */
  readonly maxAgeDays: number;
  readonly nowMs?: () => number;
  /** Called when lines could not be written; they are lost. */
  readonly onError: (error: unknown) => void;
}

/** Lines of a log, in their order. */
export interface AuditLog {
  write(line: string): void;
  /** Writes what there is, and closes the file. */
  close(): void;
}

const DEFAULT_MEBIBYTES = 100;
const MEBIBYTE = 1024 * 1024;
const DAY_MS = 24 * 3_600_000;
const STANDARD_OUTPUT = 1;
/** What is said of whom is for the administrator alone. */
const MODE = 0o600;

/** Opens a log of events, which is rotated by size. @throws Error where the file cannot be opened */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  return new RotatedLog(options);
}

class RotatedLog implements AuditLog {
  readonly #options: AuditLogOptions;
  readonly #nowMs: () => number;
  readonly #limit: number;
  #file: number;
  #size: number;
  #lines: string[] = [];
  #scheduled = false;
  #closed = false;

  constructor(options: AuditLogOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#limit = (options.maxSizeMebibytes || DEFAULT_MEBIBYTES) * MEBIBYTE;
    this.#file = this.#open();
    this.#size = this.#isFile ? fstatSync(this.#file).size : 0;
  }

  get #isFile(): boolean {
    return this.#options.path !== '-';
  }

  /** The lines of one turn are one write, to the system's cache: short, in order, and never more than that turn's in memory. */
  write(line: string): void {
    if (this.#closed) return;
    this.#lines.push(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    if (this.#isFile) closeSync(this.#file);
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#lines.length === 0 || this.#closed) return;
    const chunk = Buffer.from(`${this.#lines.join('\n')}\n`);
    this.#lines = [];
    try {
      this.#rotateFor(chunk.length);
      for (let offset = 0; offset < chunk.length; ) offset += writeSync(this.#file, chunk, offset);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #open(): number {
    return this.#isFile ? openSync(this.#options.path, 'a', MODE) : STANDARD_OUTPUT;
  }

  /** Begins a new file where the next bytes do not fit any more. */
  #rotateFor(length: number): void {
    if (this.#isFile && this.#size > 0 && this.#size + length > this.#limit) {
      closeSync(this.#file);
      renameSync(this.#options.path, this.#backupName());
      this.#file = this.#open();
      this.#size = 0;
      this.#removeOld();
    }
    this.#size += length;
  }

  /** `audit-2026-01-31T23-59-59.000.log` */
  #backupName(): string {
    const { path } = this.#options;
    const extension = extname(path);
    const time = new Date(this.#nowMs()).toISOString().slice(0, -1).replaceAll(':', '-');
    return join(dirname(path), `${basename(path, extension)}-${time}${extension}`);
  }

  #removeOld(): void {
    const { path, maxBackups, maxAgeDays } = this.#options;
    const extension = extname(path);
    const prefix = `${basename(path, extension)}-`;
    const backups = readdirSync(dirname(path))
      .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
      .filter((name) =>
        /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/.test(name.slice(prefix.length, name.length - extension.length)),
      )
      .sort()
      .reverse()
      .map((name) => join(dirname(path), name));
    const oldestMs = this.#nowMs() - maxAgeDays * DAY_MS;
    backups.forEach((backup, i) => {
      const isSurplus = maxBackups > 0 && i >= maxBackups;
      if (isSurplus || (maxAgeDays > 0 && statSync(backup).mtimeMs < oldestMs)) rmSync(backup, { force: true });
    });
  }
}
