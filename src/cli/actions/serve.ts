/** What `assay serve` does. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino } from 'pino';
import { UsageError } from '../../bytes/errors.ts';
import { startService } from '../../service/server.ts';
import type { ServeOptions } from '../commands/serve.ts';
import type { Io } from '../io.ts';
import { loadPolicy } from '../load-policy.ts';
import { serveSettings, type ServeSettings } from '../serve-settings.ts';
import { serviceContext } from '../service-context.ts';

/**
 * Runs the service until SIGTERM or SIGINT. Everything it needs is loaded before it listens: what cannot be resolved keeps it
 * from starting.
 * @throws UsageError, PolicyError
 */
export async function serve(io: Io, options: ServeOptions): Promise<void> {
  const settings = serveSettings(options, io.env);
  const policies = policyFiles(settings).map((file) => loadPolicy(file, { catalogue: settings.catalogue, env: {} }));
  // Synchronous writes: the last lines before the end are not lost.
  const logger = pino({ level: settings.logLevel }, destination({ fd: 1, sync: true }));
  const { data, issuer, limits } = settings;
  const context = await serviceContext({ data, policies, issuer, limits, logger });
  const service = await startService(context, settings.listen);
  const loaded = policies.map(({ name, version, id }) => ({ name, version, id }));
  logger.info({ url: service.url, kid: context.key.kid, policies: loaded }, 'listening');
  const signal = await stopSignal();
  logger.info({ signal }, 'stopping');
  await service.stop();
  logger.info('stopped');
}

function policyFiles({ policyFiles: named, policies }: ServeSettings): string[] {
  const files = [...named, ...(policies === undefined ? [] : listPolicies(policies))];
  if (files.length > 0) return files;
  throw new UsageError('serve.no-policy', 'no policy is given', 'give --policy FILE or --policies DIR');
}

function listPolicies(folder: string): string[] {
  if (!existsSync(folder)) {
    throw new UsageError('input.unreadable', `--policies ${folder}: there is no such folder`, 'check the path');
  }
  return readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file) && !/\.test\.ya?ml$/.test(file))
    .toSorted()
    .map((file) => join(folder, file));
}

/** The first of the two signals; a second one ends the process at once, as usual. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}
