import { describe } from 'vitest';
import { emptyDatabase } from './store.ts';
import { hostRecordsSuite } from './suite/host-records.ts';

describe('on SQLite', () => {
  hostRecordsSuite(emptyDatabase);
});
