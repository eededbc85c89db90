import type { ClientDuplexStream, ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { settledWithin } from '../settled-within.js';
import { fromKubelet } from './kubelet-error.js';

/** Longer than any kubelet needs to find a container and to start a process. */
const OPEN_LIMIT_MS = 2_000;

/** Messages of at most 64 KiB that wait to be taken; the kubelet is held back meanwhile. */
const MAX_WAITING = 8;

/**
 * A call to a kubelet that streams: cancelled with its signal, its failures as
 * ApiErrors. It is read from the beginning, so that its end is known even while
 * nobody takes its messages: what came before a failure is never lost by it.
 */
export class KubeletCall<Response> {
  readonly #call: ClientReadableStream<Response>;
  readonly #waiting: Response[] = [];
  #wake: () => void = () => {};
  readonly #signal: AbortSignal;
  readonly #opened: Promise<void>;
  /** Settles with the call, however it ends. */
  readonly #over: Promise<void>;
  #failure: ServiceError | undefined;
  #isOver = false;

  constructor(call: ClientReadableStream<Response>, signal: AbortSignal) {
    this.#call = call;
    this.#signal = signal;
    const cancel = () => call.cancel();
    this.#over = new Promise((resolve) => {
      const end = (error?: ServiceError) => {
        this.#failure ??= error;
        this.#isOver = true;
        signal.removeEventListener('abort', cancel);
        resolve();
        this.#wake();
      };
      call.on('data', (message: Response) => {
        this.#waiting.push(message);
        if (this.#waiting.length >= MAX_WAITING) call.pause();
        this.#wake();
      });
      call.on('error', end);
      call.on('status', () => end());
    });
    this.#opened = new Promise((resolve) => call.once('metadata', () => resolve()));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  }

  /**
   * Waits until the kubelet has taken the call on, which it tells by its initial
   * metadata. From one that tells nothing for two seconds no refusal is expected.
   * @throws ApiError what the kubelet refused it with
   */
  async opened(): Promise<void> {
    await settledWithin(Promise.race([this.#opened, this.#over]), OPEN_LIMIT_MS);
    this.#check();
  }

  /** Every message, read hardly faster than they are taken. @throws ApiError */
  async *messages(): AsyncGenerator<Response, void, undefined> {
    try {
      while (!this.#signal.aborted) {
        const message = this.#waiting.shift();
        if (message !== undefined) {
          if (this.#call.isPaused() && this.#waiting.length < MAX_WAITING / 2) this.#call.resume();
          yield message;
        } else if (this.#isOver && !this.#holdsMessages) {
          break;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#call.cancel();
    }
    this.#check();
  }

  cancel(): void {
    this.#call.cancel();
  }

  /** A call's end is told at once, while messages that came before it are held by the paused stream. */
  get #holdsMessages(): boolean {
    return this.#call.readableLength > 0 && !this.#call.destroyed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  protected get over(): Promise<void> {
    return this.#over;
  }

  #check(): void {
    this.#signal.throwIfAborted();
    if (this.#failure) throw fromKubelet(this.#failure);
  }
}

/** One that is written to as well. */
export class KubeletDuplex<Request, Response> extends KubeletCall<Response> {
  readonly #duplex: ClientDuplexStream<Request, Response>;

  constructor(call: ClientDuplexStream<Request, Response>, signal: AbortSignal) {
    super(call, signal);
    this.#duplex = call;
  }

  /** Resolves once more may be sent. What is sent to a call that is over is dropped. */
  async send(message: Request): Promise<void> {
    if (this.isOver || this.#duplex.write(message)) return;
    let drained: (() => void) | undefined;
    const drain = new Promise<void>((resolve) => {
      drained = resolve;
      this.#duplex.once('drain', resolve);
    });
    await Promise.race([drain, this.over]);
    if (drained) this.#duplex.off('drain', drained);
  }

  /** Nothing more is sent; answers still come. */
  end(): void {
    if (!this.isOver) this.#duplex.end();
  }
}
