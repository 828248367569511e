import { describe } from 'vitest';
import { emptyDatabase } from './store.ts';
import { trustChangeSuite } from './suite/trust-change.ts';

describe('on SQLite', () => {
  trustChangeSuite(emptyDatabase);
});
