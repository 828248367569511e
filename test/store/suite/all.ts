/** What holds on either database. */

import { attestationSuite } from './attestation.ts';
import { blobsSuite } from './blobs.ts';
import { changesSuite } from './changes.ts';
import { enrolmentSuite } from './enrolment.ts';
import { hostsSuite } from './hosts.ts';
import { tokensSuite } from './tokens.ts';
import type { MakeDatabase } from '../database.ts';

export function storeSuite(make: MakeDatabase): void {
  changesSuite(make);
  blobsSuite(make);
  hostsSuite(make);
  tokensSuite(make);
  enrolmentSuite(make);
  attestationSuite(make);
}
