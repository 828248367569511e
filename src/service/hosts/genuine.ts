/** Whether the EK of an enrolment is genuine, as an operator who decides about the machine is shown it. */

import type { Json } from '../../bytes/json.ts';
import { fromBase64url } from '../../bytes/text.ts';
import { identify } from '../../chain/identify.ts';
import type { EnrolmentRecord } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';
import { trustStore } from './trust.ts';

/** Shown and kept as it was on that day; every appraisal judges it anew. */
export async function genuineness(
  { store, cache }: HostService,
  record: EnrolmentRecord,
  at: number,
): Promise<{ readonly [key: string]: Json }> {
  const enrolment = {
    host: '',
    ek: fromBase64url(record.ek),
    ekCertificates: record.ekCertificates.map((text) => fromBase64url(text)),
    ak: fromBase64url(record.ak),
    akParent: record.akParent,
    ours: null,
    activatedAt: at,
  };
  const { facts } = identify(enrolment, await trustStore(store.read), at, cache);
  return { ...(facts.find(({ name }) => name === 'ek')!.value as { readonly [key: string]: Json }) };
}
