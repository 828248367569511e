/** How parser tests ask what a parser did with bad input. */
import { EvidenceError } from '../../src/bytes/errors.ts';

/** The code of the EvidenceError `run` throws, or `no error`; anything else it throws goes on. */
export function evidenceCode(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof EvidenceError) return error.code;
    throw error;
  }
  return 'no error';
}
