import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';

/** The messages of proto/kubelab/v1/node.proto as `loadProto` reads and writes them. */
export interface PodContainerMessage {
  namespace: string;
  pod: string;
  podUid: string;
  container: string;
}

export interface LogsRequestMessage {
  target: PodContainerMessage;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339, "" for none. */
  sinceTime: string;
  limitBytes?: number;
  traceparent: string;
  stream: string;
}

export interface ChunkMessage {
  data: Buffer;
}

export interface ExecStartMessage {
  target: PodContainerMessage;
  command: readonly string[];
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
  traceparent: string;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export type ExecRequestMessage =
  | { start: ExecStartMessage }
  | { stdin: Buffer }
  | { resize: TerminalSize }
  | { closeStdin: Record<string, never> };

export interface ExitMessage {
  code: number;
  error: string;
}

/** One field is set, which `response` names. */
export interface ExecResponseMessage {
  response?: 'stdout' | 'stderr' | 'exit';
  stdout?: Buffer;
  stderr?: Buffer;
  exit?: ExitMessage | null;
}

export type PortForwardRequestMessage =
  | { start: { target: PodContainerMessage; port: number; traceparent: string } }
  | { data: Buffer };

/** The service `kubelab.v1.Node`, as grpc-js makes its client. */
export interface NodeClient extends Client {
  logs(request: LogsRequestMessage): ClientReadableStream<ChunkMessage>;
  exec(metadata?: Metadata, options?: CallOptions): ClientDuplexStream<ExecRequestMessage, ExecResponseMessage>;
  attach(metadata?: Metadata, options?: CallOptions): ClientDuplexStream<ExecRequestMessage, ExecResponseMessage>;
  stats(
    request: Record<string, never>,
    callback: (error: ServiceError | null, response?: { summary: Buffer }) => void,
  ): ClientUnaryCall;
  portForward(metadata?: Metadata, options?: CallOptions): ClientDuplexStream<PortForwardRequestMessage, ChunkMessage>;
}
