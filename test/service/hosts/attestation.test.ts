import { describe } from 'vitest';
import { emptyDatabase } from '../store.ts';
import { attestationSuite } from '../suite/attestation.ts';

describe('on SQLite', () => {
  attestationSuite(emptyDatabase);
});
