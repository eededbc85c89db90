/** Call and response metadata by which the two sides of a Session agree to pack. */
export const PACKING = { key: 'kubelab-packing', value: '1' } as const;

export interface MessagePackerOptions<M> {
  /** Given one to 64 messages, in the order in which they were added. */
  write(messages: readonly M[]): void;
  /** About how many bytes it has. */
  sizeOf(message: M): number;
}

const MAX_MESSAGES = 64;
const MAX_BYTES = 64 * 1024;

/**
 * Collects the messages of one turn of the event loop, and writes them
 * together: on a gRPC stream a message costs far more than the bytes in it.
 * What is full is written at once, so that little is ever held.
 */
export class MessagePacker<M> {
  readonly #options: MessagePackerOptions<M>;
  #messages: M[] = [];
  #bytes = 0;
  #scheduled = false;

  constructor(options: MessagePackerOptions<M>) {
    this.#options = options;
  }

  add(message: M): void {
    this.#messages.push(message);
    this.#bytes += this.#options.sizeOf(message);
    if (this.#messages.length >= MAX_MESSAGES || this.#bytes >= MAX_BYTES) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    this.#options.write(messages);
  }
}
