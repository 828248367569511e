/** What is known of a host from its earlier quotes. */

import type { AppraisalInput } from '../../chain/model.ts';
import type { AttestingHost } from './challenge.ts';

/** The prior state of an appraisal; nothing for a key that has not quoted yet. */
export function priorOf({ boot, listed, enrolment }: AttestingHost): Pick<AppraisalInput, 'prior'> {
  if (boot === undefined) return {};
  const { resetCount, restartCount, clock, firmwareVersion } = boot;
  const counters = { resetCount, restartCount, clock, firmwareVersion };
  return {
    prior: {
      ...counters,
      ...(enrolment.activatedAt !== null && enrolment.activatedAt > boot.lastSeenAt && { reactivated: true }),
      ...(typeof listed?.imaLogId === 'string' && {
        runtimeList: {
          id: listed.imaLogId,
          bytes: listed.imaBytes,
          resetCount: listed.resetCount,
          restartCount: listed.restartCount,
        },
      }),
    },
  };
}
