import { describe } from 'vitest';
import { emptyDatabase } from '../store.ts';
import { enrolmentSuite } from '../suite/enrolment.ts';

describe('on SQLite', () => {
  enrolmentSuite(emptyDatabase);
});
