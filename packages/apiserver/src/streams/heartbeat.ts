export interface HeartbeatOptions {
  /** Asks the other side for a sign of life. */
  readonly ping: () => void;
  /** Called once: it gave none, or nothing has been carried for too long. */
  readonly lost: (why: string) => void;
  /** True while we read nothing, and so could hear no answer. */
  readonly isDeaf: () => boolean;
}

/** Watches over a connection until it is stopped. */
export interface Heartbeat {
  /** Something came, if only an answer. */
  heard(): void;
  /** Data was carried, one way or the other. */
  used(): void;
  stop(): void;
}

const PING_INTERVAL_MS = 10_000;
/**
 * To a client from which we read nothing: that it is gone shows only in the second ping, which cannot be written any
 * more once its machine has refused the first.
 */
const DEAF_PING_INTERVAL_MS = 1_000;
/** Generous: a client may be stopped in a debugger or on a slow line. */
const SILENCE_LIMIT_MS = 60_000;
/** As a kubelet's default for streaming connections. */
const IDLE_LIMIT_MS = 4 * 3_600_000;

export function startHeartbeat({ ping, lost, isDeaf }: HeartbeatOptions): Heartbeat {
  let heardAtMs = performance.now();
  let usedAtMs = heardAtMs;
  let pingedAtMs = heardAtMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const deaf = isDeaf();
    if (deaf) heardAtMs = nowMs;
    else if (nowMs - pingedAtMs < PING_INTERVAL_MS) return;
    pingedAtMs = nowMs;
    if (nowMs - heardAtMs > SILENCE_LIMIT_MS) end('the client does not answer');
    else if (nowMs - usedAtMs > IDLE_LIMIT_MS) end('nothing has been carried for hours');
    else ping();
  }, DEAF_PING_INTERVAL_MS);
  timer.unref();

  function end(why: string): void {
    clearInterval(timer);
    lost(why);
  }

  return {
    heard() {
      heardAtMs = performance.now();
    },
    used() {
      usedAtMs = performance.now();
    },
    stop: () => clearInterval(timer),
  };
}
