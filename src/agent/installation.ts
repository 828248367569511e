/** This installation of the agent: its state, and the TPM with the keys that go with it. */

import type { Edge } from './edge.ts';
import type { EventLog } from './events.ts';
import type { AkParent, HostTpm, KeptKey } from './host-tpm.ts';
import { UNIQUE_BYTES, type AgentState, type Membership, type StateFile } from './state.ts';
import type { AkType } from './tpm-settings.ts';

/**
 * Opens the TPM with the keys of an installation in it.
 * @param kept an AK that was made before; null: none that the settings ask for
 */
export type OpenTpm = (unique: Uint8Array, kept: KeptKey | null) => Promise<HostTpm>;

export interface InstallationParts {
  readonly file: StateFile;
  readonly openTpm: OpenTpm;
  /** what the settings ask for */
  readonly ak: { readonly parent: AkParent; readonly type: AkType };
  readonly edge: Edge;
  readonly log: EventLog;
}

export class Installation {
  readonly #parts: InstallationParts;
  readonly #unique: Uint8Array;
  readonly #writable: boolean;
  #state: AgentState | null;
  #kept: KeptKey | null;
  #tpm: HostTpm | null = null;

  private constructor(parts: InstallationParts, state: AgentState | null, writable: boolean) {
    const { ak, edge } = parts;
    this.#parts = parts;
    this.#state = state;
    this.#writable = writable;
    this.#unique = state?.unique ?? (writable ? edge.randomBytes(UNIQUE_BYTES) : new Uint8Array(UNIQUE_BYTES));
    const fits = state?.ak?.parent === ak.parent && state.ak.type === ak.type;
    this.#kept = fits ? state.ak : null;
  }

  /**
   * Reads the state. An unreadable one stays where it is until an enrolment succeeded. Where none can be written, the unique field is
   * zeros: the attestation key is then the same at each start, as the host is, which enrols again at each start.
   */
  static async open(parts: InstallationParts): Promise<Installation> {
    const { file, log } = parts;
    const found = await file.read();
    const writable = await file.writable();
    if (found.is === 'unreadable') {
      const remedy = 'nothing is to be done: it is replaced when the machine is enrolled';
      log('warn', 'state-unreadable', { path: file.path, remedy });
    }
    if (!writable) {
      const remedy =
        'nothing, on a read-only image: the machine enrols again at each start; else let the agent write there';
      log('warn', 'state-not-writable', { path: file.path, remedy });
    }
    return new Installation(parts, found.is === 'state' ? found.state : null, writable);
  }

  /** As {@link open}, for one use that leaves nothing behind: without a state the keys are those of a read-only image. */
  static async look(parts: InstallationParts): Promise<Installation> {
    const found = await parts.file.read();
    return new Installation(parts, found.is === 'state' ? found.state : null, false);
  }

  /** The TPM, opened when it is not. */
  async tpm(): Promise<HostTpm> {
    if (this.#tpm === null) {
      this.#tpm = await this.#parts.openTpm(this.#unique, this.#kept);
      this.#kept = this.#tpm.ak.kept;
    }
    return this.#tpm;
  }

  /** The host this machine is at a service; null when it has to enrol there. */
  membership(server: string): Membership | null {
    const membership = this.#state?.membership;
    return membership?.server === server ? membership : null;
  }

  /**
   * The host this machine was at a service under another EK: a word for the operator who approves.
   * @param ek name of the EK it has now
   */
  formerHost(server: string, ek: string): string | undefined {
    return this.#state?.ek === ek ? undefined : (this.membership(server)?.host ?? undefined);
  }

  /** @param ek name of the EK */
  async join(membership: Membership, ek: string): Promise<void> {
    const { parent, type } = this.#parts.ak;
    const ak = this.#kept === null ? null : { ...this.#kept, parent, type };
    this.#state = { unique: this.#unique, ak, ek, membership };
    if (this.#writable) await this.#parts.file.write(this.#state);
  }

  /** An operator approved the machine, which is a host from now on. */
  async approved(host: string): Promise<void> {
    const { ek, membership } = this.#state!;
    await this.join({ server: membership.server, host, enrolment: null }, ek);
  }

  /** Takes the keys out of the TPM; the next use opens it again. A TPM that is out of reach has nothing to give back. */
  async close(): Promise<void> {
    const tpm = this.#tpm;
    this.#tpm = null;
    await tpm?.close().catch(() => undefined);
  }
}
