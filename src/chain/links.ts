/** What each link rests on, and the links that every other one rests on. */

import type { LinkId } from '../checks/model.ts';

/** A link whose basis neither holds nor is excluded by the policy cannot hold. */
export const RESTS_ON: Readonly<Record<LinkId, readonly LinkId[]>> = {
  identity: [],
  quote: ['identity'],
  log: ['quote'],
  firmware: ['log'],
  'secure-boot': ['firmware'],
  // Images are approved by digest, so Secure Boot is no basis of link 6.
  boot: ['firmware'],
  runtime: ['boot'],
  hypervisor: ['boot', 'runtime'],
};

/** Links 1 to 3: unless all hold, every later link is unproven. */
export const FOUNDATION: readonly LinkId[] = ['identity', 'quote', 'log'];
