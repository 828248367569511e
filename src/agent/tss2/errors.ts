/** The one error of this room: what went wrong at the TPM or on the way to it, and what an operator does about it. */

import { adviceFor } from './advice.ts';
import { decodeReturnCode, type Layer } from './return-code.ts';

interface TpmErrorFields {
  readonly code: string;
  readonly layer: Layer;
  readonly message: string;
  readonly advice: string;
  readonly rc?: number;
}

/** A TPM command did not succeed, or no TPM could be reached. */
export class TpmError extends Error {
  override readonly name = 'TpmError';
  /**
   * Stable and safe to branch on: the name in the standard (`TPM_RC_LOCKOUT`, `TSS2_TCTI_RC_IO_ERROR`), a number in hexadecimal
   * where the standards have no name, or a name of this room (`tss2.library-missing`, `tss2.no-device` …).
   */
  readonly code: string;
  readonly layer: Layer;
  /** what an operator does next, one sentence or two */
  readonly advice: string;
  /** the TSS2_RC; null when none was given */
  readonly rc: number | null;

  constructor(fields: TpmErrorFields, options?: ErrorOptions) {
    super(fields.message, options);
    this.code = fields.code;
    this.layer = fields.layer;
    this.advice = fields.advice;
    this.rc = fields.rc ?? null;
  }
}

/**
 * The error of a TSS2_RC.
 * @param what the command, or the step before it, that gave the code
 * @param text what libtss2 says about the code
 */
export function returnCodeError(rc: number, what: string, text: string): TpmError {
  const { code, layer } = decodeReturnCode(rc);
  return new TpmError({ code, layer, rc, message: `${what}: ${code} (${text})`, advice: adviceFor(code) });
}

/** An error that this room found itself. */
export function agentError(code: string, message: string, advice: string, options?: ErrorOptions): TpmError {
  return new TpmError({ code, layer: 'agent', message, advice }, options);
}
