/** The trustworthiness vector (draft-ietf-rats-ar4si): what each link says about the members this verifier appraises. */

import type { LinkResult, LinkStatus } from '../chain/model.ts';
import type { LinkId } from '../checks/model.ts';

/**
 * Trust claims by AR4SI member. Members this chain says nothing about are left out: `hardware` needs a genuine EK, which a
 * pinned AK does not prove; `file-system`, `storage-opaque`, `runtime-opaque`, `sourced-data` are not appraised.
 */
export interface TrustVector {
  readonly 'instance-identity': number;
  readonly configuration: number;
  readonly executables: number;
}

/** AR4SI trust claim values used here (draft-ietf-rats-ar4si, 2.3). */
const NO_CLAIM = 0;
const APPROVED = 2;
const APPROVED_AT_BOOT = 3;
const UNRECOGNISED_AT_RUNTIME = 33;
const CONTRAINDICATED = 96;
const NOT_RECOGNISED = 97;
const CRYPTO_FAILED = 99;

type Statuses = ReadonlyMap<LinkId, LinkStatus>;

/** Every link whose break decides a member, the worst first, with the value the member then has. */
const BROKEN: { readonly [member in keyof TrustVector]: readonly (readonly [LinkId, number])[] } = {
  'instance-identity': [
    ['quote', CRYPTO_FAILED],
    ['identity', NOT_RECOGNISED],
  ],
  configuration: [
    ['log', CRYPTO_FAILED],
    ['secure-boot', CONTRAINDICATED],
    ['boot', CONTRAINDICATED],
    ['hypervisor', CONTRAINDICATED],
  ],
  executables: [
    ['log', CRYPTO_FAILED],
    ['firmware', CONTRAINDICATED],
    ['boot', CONTRAINDICATED],
    ['hypervisor', CONTRAINDICATED],
    ['runtime', UNRECOGNISED_AT_RUNTIME],
  ],
};

/** The vector of a chain. A member is affirming only where every link it rests on holds or does not apply. */
export function trustVector(links: readonly LinkResult[]): TrustVector {
  const statuses: Statuses = new Map(links.map((link) => [link.link, link.status]));
  const accepted = new Set(links.filter((link) => link.waived > 0).map((link) => link.link));
  return {
    'instance-identity': broken('instance-identity', statuses, accepted) ?? identity(statuses),
    configuration: broken('configuration', statuses, accepted) ?? configuration(statuses),
    executables: broken('executables', statuses, accepted) ?? executables(statuses),
  };
}

/** A waived link is shown broken and counted as accepted, so it does not contraindicate; it affirms nothing either. */
function broken(member: keyof TrustVector, statuses: Statuses, waived: ReadonlySet<LinkId>): number | undefined {
  return BROKEN[member].find(([link]) => statuses.get(link) === 'broken' && !waived.has(link))?.[1];
}

function identity(statuses: Statuses): number {
  return holds(statuses, 'identity', 'quote') ? APPROVED : NO_CLAIM;
}

function configuration(statuses: Statuses): number {
  return holds(statuses, 'quote', 'log', 'boot') && holdsOrExcluded(statuses, 'secure-boot', 'hypervisor')
    ? APPROVED
    : NO_CLAIM;
}

function executables(statuses: Statuses): number {
  if (!holds(statuses, 'quote', 'log', 'firmware', 'boot')) return NO_CLAIM;
  if (holds(statuses, 'runtime', 'hypervisor')) return APPROVED;
  return APPROVED_AT_BOOT;
}

function holds(statuses: Statuses, ...links: readonly LinkId[]): boolean {
  return links.every((link) => statuses.get(link) === 'holds');
}

function holdsOrExcluded(statuses: Statuses, ...links: readonly LinkId[]): boolean {
  return links.every((link) => statuses.get(link) === 'holds' || statuses.get(link) === 'not-applicable');
}
