import { describe } from 'vitest';
import { emptyDatabase } from './store.ts';
import { trustSuite } from './suite/trust.ts';

describe('on SQLite', () => {
  trustSuite(emptyDatabase);
});
