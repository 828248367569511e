/** An operator's word on a machine that waits: ours, the successor of a host we know, or not ours. */

import { decideEnrolment, findEnrolment } from '../../store/enrolments.ts';
import type { Cause } from '../../store/events.ts';
import { findHost } from '../../store/hosts.ts';
import { findPolicy } from '../policies.ts';
import { HttpProblem } from '../problem-error.ts';
import { admitAsReplacement, admitNew, ConflictingHost, recordConflict } from './admit.ts';
import { readRecord } from './enrolment-record.ts';
import type { HostService } from './host-service.ts';

/** What the operator decides. */
export type Decision =
  | { readonly decision: 'refuse' }
  | {
      readonly decision: 'approve';
      readonly name?: string;
      readonly policy?: string;
      /** host that this machine is from now on, with its history, as after an exchange of the board */
      readonly replaces?: string;
    };

/**
 * Carries out the decision, with who and why in the record of changes.
 * @returns the host; null when the machine was refused
 * @throws HttpProblem `enrolment.unknown`, `enrolment.refused`, `host.unknown`, `host.retired`, `policy.unknown`
 */
export async function decide(
  service: HostService,
  id: string,
  decision: Decision,
  cause: Cause,
): Promise<string | null> {
  const { store, policies } = service;
  const unknown = (): HttpProblem => new HttpProblem('enrolment.unknown', 'no such enrolment waits for a decision');
  const waiting = await findEnrolment(store.read, id);
  if (waiting?.state !== 'pending') throw unknown();
  if (decision.decision === 'refuse') {
    const decided = await store.change(cause, (change) => decideEnrolment(change, id, { state: 'refused' }));
    if (!decided) throw unknown();
    return null;
  }
  const { policy, replaces } = decision;
  if (policy !== undefined) findPolicy(policies, policy);
  const record = await readRecord(store.read, waiting);
  try {
    return await store.change(cause, async (change) => {
      const enrolment = await findEnrolment(change.read, id);
      if (enrolment?.state !== 'pending' || enrolment.expiresAt <= change.at) throw unknown();
      const before = replaces === undefined ? undefined : await findHost(change.read, replaces);
      if (replaces !== undefined && before === undefined)
        throw new HttpProblem('host.unknown', 'no such host to replace');
      if (before?.state === 'retired') throw new HttpProblem('host.retired', 'the host to replace is out of service');
      const admission = {
        ours: 'approval',
        oursId: null,
        name: decision.name ?? before?.name ?? enrolment.name ?? 'unnamed',
        policy: policy ?? before?.policy ?? enrolment.policy,
      } as const;
      return before === undefined
        ? await admitNew(change, service.newId, enrolment, record, admission)
        : await admitAsReplacement(change, enrolment, record, before.id, admission);
    });
  } catch (cause_) {
    if (!(cause_ instanceof ConflictingHost)) throw cause_;
    await recordConflict(service, cause_, cause.at);
    throw new HttpProblem('enrolment.refused', cause_.message);
  }
}
