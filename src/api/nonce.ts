/** The nonce of a challenge, where a caller states it. */

import { MIN_NONCE } from '../tpm/attest-steps.ts';

/** Fewest and most bytes: below the least a nonce repeats or is guessed; a TPM signs at least 32 as they are. */
export const NONCE_BYTES = { min: MIN_NONCE, max: 32 } as const;
