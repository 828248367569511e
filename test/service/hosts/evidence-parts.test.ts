import { describe } from 'vitest';
import { emptyDatabase } from '../store.ts';
import { evidencePartsSuite } from '../suite/evidence-parts.ts';

describe('on SQLite', () => {
  evidencePartsSuite(emptyDatabase);
});
