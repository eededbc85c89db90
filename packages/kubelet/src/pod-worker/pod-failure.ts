/** Why a pod has failed as a whole. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
}
