/** Puts together what the service is started with. Shared by `serve` and `demo`. */

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { PolicyError } from '../bytes/errors.ts';
import type { ResolvedPolicy } from '../policy/resolve.ts';
import { loadSigningKey, openDataDirectory } from '../service/data-directory.ts';
import type { ServiceContext, ServiceLimits } from '../service/settings.ts';
import { packageVersion } from './package-root.ts';

interface ServiceParts {
  readonly data: string;
  readonly policies: readonly ResolvedPolicy[];
  readonly issuer?: string | undefined;
  readonly limits: ServiceLimits;
  readonly logger: Logger;
}

/** @throws UsageError `data.*`; PolicyError `policy.duplicate` */
export async function serviceContext({
  data,
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
  return {
    policies: byName,
    key: await loadSigningKey(await openDataDirectory(data)),
    verifier: { developer: 'assay', build: `assay ${version}` },
    ...(issuer !== undefined && { issuer }),
    version,
    limits,
    logger,
    now: () => Date.now(),
    newId: randomUUID,
  };
}
