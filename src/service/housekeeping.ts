/** What has to be done from time to time: enrolments that nobody answered or decided end, and what need not be known any more goes. */

import { forgetRedeemedChallenges } from '../store/challenges.ts';
import { forgetParts } from '../store/evidence-parts.ts';
import { expireEnrolments, forgetEnrolments } from '../store/enrolments.ts';
import type { ServiceContext } from './settings.ts';

const MINUTE = 60_000;
/** For this long a machine that lost its way still learns how its enrolment ended. */
const REMEMBERED = 60 * MINUTE;

/** Does it once. */
export async function keepHouse({ store, now }: Pick<ServiceContext, 'store' | 'now'>): Promise<void> {
  const at = now();
  await expireEnrolments(store.keep, at);
  await forgetEnrolments(store.keep, at - REMEMBERED);
  await forgetRedeemedChallenges(store.keep, at);
  await forgetParts(store.keep, at);
}

/**
 * Does it every minute, and never twice at once.
 * @returns ends it
 */
export function startHousekeeping(context: ServiceContext): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    keepHouse(context)
      .catch((cause: unknown) => context.logger.error({ err: cause }, 'housekeeping failed'))
      .finally(() => (busy = false));
  }, MINUTE);
  timer.unref();
  return () => clearInterval(timer);
}
