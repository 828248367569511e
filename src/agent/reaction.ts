/** What the agent does about an attestation that failed. */

import { ProblemResponse } from '../api/client.ts';
import { EvidenceError, UsageError } from '../bytes/errors.ts';
import { UnexpectedAnswer } from './answers.ts';
import { OtherKey } from './attestation.ts';
import { EnrolmentPending, EnrolmentRefused } from './enrolment.ts';
import { LogUnavailable } from './log-file.ts';
import { ServiceUnreachable } from './service.ts';
import { TpmError } from './tss2/errors.ts';

/**
 * `challenge`: asks for another challenge at once. `enrol`: enrols again at once. `wait`: an operator has to act, and nothing is
 * gained by asking often. `retry`: later, and later still the more often it fails. `stop`: nothing that this program does will help.
 */
export type Reaction =
  | { readonly does: 'challenge' | 'enrol' | 'stop' }
  | { readonly does: 'wait' | 'retry'; /** seconds the service named */ readonly atLeast: number };

/** A service that names more is taken at this word: nobody wants a host to be silent for days after a slip. */
const MOST_SECONDS = 3600;

/** What is wrong, for people and programs. */
export interface Trouble {
  /** stable */
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * The trouble an error stands for.
 * @returns null for what is a fault of this program
 */
export function troubleOf(error: unknown): Trouble | null {
  if (error instanceof TpmError) return { code: error.code, message: error.message, remedy: error.advice };
  // What the service says was read elsewhere; bytes that cannot be read are the TPM's.
  if (error instanceof EvidenceError) {
    const message = `the TPM answered with something else than the standard says: ${error.code}: ${error.message}`;
    return { code: 'tss2.answer', message, remedy: 'look for a firmware update of the TPM' };
  }
  if (error instanceof LogUnavailable) {
    return { code: 'agent.log', message: error.message, remedy: 'the agent tries again; check the kernel’s messages' };
  }
  const known =
    error instanceof ProblemResponse ||
    error instanceof ServiceUnreachable ||
    error instanceof UnexpectedAnswer ||
    error instanceof EnrolmentPending ||
    error instanceof EnrolmentRefused ||
    error instanceof OtherKey ||
    error instanceof UsageError;
  return known ? { code: error.code, message: error.message, remedy: error.remedy } : null;
}

/** @param error one that {@link troubleOf} knows */
export function reactionTo(error: unknown): Reaction {
  if (error instanceof EnrolmentRefused) return { does: 'stop' };
  if (error instanceof EnrolmentPending) return { does: 'wait', atLeast: 0 };
  if (error instanceof OtherKey) return { does: 'enrol' };
  if (!(error instanceof ProblemResponse)) return { does: 'retry', atLeast: 0 };
  const atLeast = Math.min(error.retryAfterSeconds ?? 0, MOST_SECONDS);
  switch (error.code) {
    case 'challenge.expired':
    case 'challenge.used':
    case 'challenge.foreign':
      return { does: 'challenge' };
    case 'host.unknown':
      return { does: 'enrol' };
    case 'host.pending':
    case 'host.no-policy':
      return { does: 'wait', atLeast };
    case 'host.retired':
    case 'enrolment.refused':
    case 'enrolment.retired':
      return { does: 'stop' };
    default:
      return { does: 'retry', atLeast };
  }
}
