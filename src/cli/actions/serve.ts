/** What `assay serve` does. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino, type Logger } from 'pino';
import { UsageError } from '../../bytes/errors.ts';
import { firstStart } from '../../service/first-start.ts';
import { isLoopback } from '../../service/listen-address.ts';
import { startService, type RunningService } from '../../service/server.ts';
import { readTls, type TlsFiles } from '../../service/tls.ts';
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
  const { data, database, issuer, limits, listen } = settings;
  const tls = settings.tls && readTls(settings.tls);
  const localCallers = isLoopback(listen.host) && !settings.insecureBehindProxy;
  const context = await serviceContext({ data, database, localCallers, policies, issuer, limits, logger });
  try {
    const file = join(data, ADMIN_TOKEN_FILE);
    if (await firstStart(context.store, file, { at: context.now(), random: context.random })) {
      logger.info({ file }, 'the token of the first administrator is in this file');
    }
    const service = await startService(context, { listen, ...(tls !== undefined && { tls }) });
    const loaded = policies.map(({ name, version, id }) => ({ name, version, id }));
    logger.info({ url: service.url, kid: context.key.kid, policies: loaded }, 'listening');
    renewOnHangUp(service, settings.tls, logger);
    const signal = await stopSignal();
    logger.info({ signal }, 'stopping');
    await service.stop();
  } finally {
    await context.store.close();
  }
  logger.info('stopped');
}

const ADMIN_TOKEN_FILE = 'admin-token';

/** SIGHUP: reads the certificate again. One that cannot be used changes nothing. */
function renewOnHangUp(service: RunningService, files: TlsFiles | undefined, logger: Logger): void {
  process.on('SIGHUP', () => {
    if (files === undefined) return;
    try {
      service.renewCertificate(readTls(files));
      logger.info('certificate renewed');
    } catch (cause) {
      const { code, message } = cause as UsageError;
      logger.error({ code, message }, 'the certificate stays as it is');
    }
  });
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
