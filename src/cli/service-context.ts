/** Puts together what the service is started with. Shared by `serve` and `demo`. */

import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { PolicyError } from '../bytes/errors.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import { loadSigningKey, openDataDirectory } from '../service/data-directory.ts';
import { openHosts } from '../service/hosts/open.ts';
import type { ServiceContext, ServiceLimits } from '../service/settings.ts';
import { openStore } from '../store/open.ts';
import { packageVersion } from './package-root.ts';

/** Where the database is when nobody says otherwise. */
export const DATABASE_FILE = 'assay.db';

interface ServiceParts {
  readonly data: string;
  /** default: a file in `data` */
  readonly database?: string | undefined;
  /** see {@link ServiceContext.localCallers} */
  readonly localCallers: boolean;
  readonly policies: readonly ResolvedPolicy[];
  readonly issuer?: string | undefined;
  readonly limits: ServiceLimits;
  readonly logger: Logger;
}

/**
 * Opens what is kept, and puts the rest beside it. Whoever calls closes the store.
 * @throws UsageError `data.*`, `database.*`; PolicyError `policy.duplicate`
 */
export async function serviceContext({
  data,
  database,
  localCallers,
  policies,
  issuer,
  limits,
  logger,
}: ServiceParts): Promise<ServiceContext> {
  const byName = new Map<string, ResolvedPolicy>();
  for (const policy of policies) {
    if (byName.has(policy.name)) throw new PolicyError('policy.duplicate', `two policies have the name ${policy.name}`);
    byName.set(policy.name, policy);
  }
  const version = packageVersion();
  const directory = await openDataDirectory(data);
  const shared = {
    policies: byName,
    key: await loadSigningKey(directory),
    verifier: { developer: 'assay', build: `assay ${version}` },
    ...(issuer !== undefined && { issuer }),
    store: await openStore(database ?? join(directory, DATABASE_FILE)),
    now: () => Date.now(),
    random: randomBytes,
  };
  return { ...shared, hosts: await openHosts(shared), version, localCallers, limits, logger, newId: randomUUID };
}
