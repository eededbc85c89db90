/** The messages of proto/kubelab/v1/node.proto as `loadProto` reads and writes them. */

export interface PodContainerMessage {
  readonly namespace: string;
  readonly pod: string;
  /** "" for whichever pod has the name. */
  readonly podUid: string;
  readonly container: string;
}

export interface LogsRequestMessage {
  readonly target: PodContainerMessage | null;
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Unset optional fields are absent or null. */
  readonly tailLines?: number | null;
  readonly sinceSeconds?: number | null;
  readonly sinceTime: string;
  readonly limitBytes?: number | null;
  readonly traceparent: string;
  readonly stream: string;
}

export interface ExecStartMessage {
  readonly target: PodContainerMessage | null;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly traceparent: string;
}

export interface ExecRequestMessage {
  readonly request?: 'start' | 'stdin' | 'resize' | 'closeStdin';
  readonly start?: ExecStartMessage | null;
  readonly stdin?: Buffer;
  readonly resize?: { readonly width: number; readonly height: number } | null;
}

export type ExecResponseMessage =
  | { readonly stdout: Buffer }
  | { readonly stderr: Buffer }
  | { readonly exit: { readonly code: number; readonly error: string } };

export interface PortForwardRequestMessage {
  readonly request?: 'start' | 'data';
  readonly start?: {
    readonly target: PodContainerMessage | null;
    readonly port: number;
    readonly traceparent: string;
  } | null;
  readonly data?: Buffer;
}
