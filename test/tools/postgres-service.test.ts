/** Hosts and operators, against a service on PostgreSQL. */

import { afterAll, beforeAll, describe } from 'vitest';
import { storeAt } from '../service/store.ts';
import { attestationSuite } from '../service/suite/attestation.ts';
import { enrolmentSuite } from '../service/suite/enrolment.ts';
import { evidencePartsSuite } from '../service/suite/evidence-parts.ts';
import { hostRecordsSuite } from '../service/suite/host-records.ts';
import { trustChangeSuite } from '../service/suite/trust-change.ts';
import { trustSuite } from '../service/suite/trust.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});

afterAll(() => postgres.stop());

describe('on PostgreSQL', () => {
  const open = storeAt(() => postgres.createDatabase());
  enrolmentSuite(open);
  attestationSuite(open);
  evidencePartsSuite(open);
  hostRecordsSuite(open);
  trustSuite(open);
  trustChangeSuite(open);
});
